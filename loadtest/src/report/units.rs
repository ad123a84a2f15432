//! Numbers as people read them: with a unit that fits, three digits that matter, and thousands set
//! apart. Every table, plot and live line writes its numbers by these, so that they agree.

/// What stands where there is no figure.
pub(super) const NONE: &str = "–";

/// A whole number to calculate with.
#[expect(clippy::cast_precision_loss, reason = "rounded for people; exact up to 2^53")]
pub(super) fn float(whole: u64) -> f64 {
    whole as f64
}

/// `n` in a second, over a part of `seconds`; none if the part has no length.
pub(super) fn per_second(n: u64, seconds: f64) -> Option<f64> {
    (seconds > 0.0).then(|| float(n) / seconds)
}

/// `1,234,567`.
pub(super) fn count(n: u64) -> String {
    grouped(&n.to_string())
}

/// A number without a unit: `1,234,567`, `12.3`, `0.0042`; never rounded to nothing.
pub(super) fn quantity(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() {
        NONE.to_owned()
    } else if size == 0.0 {
        "0".to_owned()
    } else if size < 0.000_1 {
        format!("{value:.1e}")
    } else if size < 0.1 {
        format!("{value:.4}")
    } else if value.fract() == 0.0 || size >= 99.95 {
        grouped(&format!("{value:.0}"))
    } else {
        three_digits(value)
    }
}

/// The same, or a dash if there is none.
pub(super) fn quantity_or_none(value: Option<f64>) -> String {
    value.map_or_else(|| NONE.to_owned(), quantity)
}

/// Microseconds: `812 µs`, `1.23 ms`, `45.6 ms`, `2.50 s`.
pub(super) fn duration_us(us: f64) -> String {
    if !us.is_finite() {
        NONE.to_owned()
    } else if us < 999.5 {
        format!(
            "{} µs",
            if us < 9.95 && us.fract() != 0.0 { format!("{us:.1}") } else { format!("{us:.0}") }
        )
    } else if us < 999_500.0 {
        format!("{} ms", three_digits(us / 1e3))
    } else {
        format!("{} s", three_digits(us / 1e6))
    }
}

/// Bytes: `512 B`, `1.50 KiB`, `45.6 MiB`.
pub(super) fn bytes(bytes: f64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    if !bytes.is_finite() {
        return NONE.to_owned();
    }
    let mut value = bytes;
    let mut unit = UNITS[0];
    for larger in &UNITS[1..] {
        if value < 1023.5 {
            break;
        }
        value /= 1024.0;
        unit = larger;
    }
    if unit == "B" { format!("{value:.0} B") } else { format!("{} {unit}", three_digits(value)) }
}

/// KiB, as the kernel counts memory.
pub(super) fn kib(kib: u64) -> String {
    bytes(float(kib) * 1024.0)
}

/// `34.5 %`.
pub(super) fn percent(value: f64) -> String {
    format!("{} %", quantity(value))
}

/// Seconds: `30 s`, `0.25 s`.
pub(super) fn seconds(value: f64) -> String {
    format!("{} s", quantity(value))
}

/// Three digits that matter, or all before the point.
fn three_digits(value: f64) -> String {
    let size = value.abs();
    let decimals = if size < 9.995 { 2 } else { usize::from(size < 99.95) };
    grouped(&format!("{value:.decimals$}"))
}

/// Sets the thousands of a written number apart.
fn grouped(written: &str) -> String {
    let (whole, fraction) =
        written.find('.').map_or((written, ""), |point| written.split_at(point));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let mut out = String::from(sign);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out + fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_000), "1,000");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(quantity(-1234.0), "-1,234");
    }

    #[test]
    fn durations_have_a_unit_that_fits() {
        for (us, written) in [
            (0.0, "0 µs"),
            (7.25, "7.2 µs"),
            (812.0, "812 µs"),
            (999.4, "999 µs"),
            (999.6, "1.00 ms"),
            (1_234.0, "1.23 ms"),
            (9_996.0, "10.0 ms"),
            (45_600.0, "45.6 ms"),
            (999_400.0, "999 ms"),
            (999_600.0, "1.00 s"),
            (75_000_000.0, "75.0 s"),
            (4_000_000_000.0, "4,000 s"),
        ] {
            assert_eq!(duration_us(us), written);
        }
    }

    #[test]
    fn memory_has_a_unit_that_fits() {
        assert_eq!(kib(0), "0 B");
        assert_eq!(kib(812), "812 KiB");
        assert_eq!(kib(45 * 1024 + 512), "45.5 MiB");
        assert_eq!(kib(3 * 1024 * 1024), "3.00 GiB");
        assert_eq!(bytes(512.0), "512 B");
    }

    #[test]
    fn no_number_is_rounded_to_nothing() {
        assert_eq!(quantity(0.0042), "0.0042");
        assert_eq!(quantity(0.000_004), "4.0e-6");
        assert_eq!(quantity(0.0), "0");
        assert_eq!(quantity(40.0), "40");
        assert_eq!(quantity(1.234), "1.23");
        assert_eq!(quantity(39.96), "40.0");
        assert_eq!(quantity(f64::NAN), NONE);
        assert_eq!(quantity(f64::INFINITY), NONE);
        assert_eq!(per_second(3, 0.0), None);
    }
}
