//! Addresses as mail servers take them: domains in ASCII, local parts as they are (RFC 6531 where
//! these are not ASCII).

use super::Unwritable;
use lettre::Address;

/// Longest address that fits into SMTP's path of 256 octets, in bytes (RFC 5321 § 4.5.3.1.3).
const ADDRESS_BYTES_MAX: usize = 254;

/// The reader's address.
pub(super) fn reader(email: &str) -> Result<Address, Unwritable> {
    // A quoted local part may hold white space; such addresses are not worth the risk.
    let odd = |c: char| c.is_whitespace() || c.is_control() || "<>()[],;:\\\"".contains(c);
    let (local, _) = email.rsplit_once('@').ok_or(Unwritable::Address)?;
    if local.contains(odd) {
        return Err(Unwritable::Address);
    }
    let address = portable(&email.parse().map_err(|_| Unwritable::Address)?);
    let address_bytes = AsRef::<str>::as_ref(&address).len();
    if address_bytes > ADDRESS_BYTES_MAX || !is_name(address.domain()) {
        return Err(Unwritable::Address);
    }
    Ok(address)
}

/// The address with its domain in ASCII, which every server takes.
pub(super) fn portable(address: &Address) -> Address {
    match idna::domain_to_ascii(address.domain()) {
        Ok(domain) => Address::new(address.user(), domain).unwrap_or_else(|_| address.clone()),
        Err(_) => address.clone(),
    }
}

/// The right side of ids of mails and lists: the address's domain, if it is a name. Numbers in
/// brackets would be allowed in some of them, and serve nobody.
pub(super) fn id_domain(address: &Address) -> &str {
    if is_name(address.domain()) { address.domain() } else { "localhost" }
}

/// Labels with dots between them.
fn is_name(domain: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
    };
    domain.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_or_refused() {
        let local = "a".repeat(64);
        let domain = format!("{0}.{0}.{0}", "d".repeat(61));
        let long = format!("{local}@{domain}.nl");
        assert_eq!(long.len(), 253);
        for good in ["anna@example.org", "o'neil+x@example.org", "ännä@example.org", &long] {
            assert_eq!(reader(good).unwrap().to_string(), good);
        }
        assert_eq!(reader("a@bücher.example").unwrap().to_string(), "a@xn--bcher-kva.example");
        for bad in [
            "",
            "anna",
            "@example.org",
            "anna@",
            "a b@example.org",
            "\"a b\"@example.org",
            "a@example.org\r\nBcc: b@example.org",
            "a\0@example.org",
            "a@b@example.org",
            "a@exam ple.org",
            "a@example..org",
            "a>@example.org",
            "a@[127.0.0.1]",
            "Anna <anna@example.org>",
            "a,b@example.org",
            &format!("a{long}"),
            &format!("{local}@{domain}.{domain}"),
        ] {
            assert_eq!(reader(bad), Err(Unwritable::Address), "{bad}");
        }
    }

    #[test]
    fn ids_have_a_domain_whatever_the_sender_has() {
        for (address, domain) in [
            ("a@example.org", "example.org"),
            ("a@bücher.example", "xn--bcher-kva.example"),
            ("a@localhost", "localhost"),
            ("a@[127.0.0.1]", "localhost"),
            ("a@[::1]", "localhost"),
        ] {
            assert_eq!(id_domain(&portable(&address.parse().unwrap())), domain);
        }
    }
}
