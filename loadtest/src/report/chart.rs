//! Draws one plot as SVG. Its colours are placeholders that the page's style sheet replaces, so that
//! one drawing serves a light and a dark page.

use anyhow::{Result, anyhow};
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::axis::Axis;

/// Units of the drawing per pixel of its usual size: the backend knows whole units only, and lines
/// would have steps.
const FINE: u32 = 8;

/// Usual width in pixels.
const WIDTH: u32 = 560;

/// Usual height in pixels.
const HEIGHT: u32 = 300;

/// Points from which on a line over time is drawn thinner, so that it does not hide others.
const CROWDED: usize = 400;

/// Height of letters in pixels; the backend divides by the second figure.
const LETTERS: f64 = 12.5 * 1.24;

/// How many colours there are for lines.
pub(super) const COLOURS: u8 = 7;

/// Placeholders: the style sheet names them by what they come out as, `#0000F0` and so on.
const INK: RGBColor = RGBColor(0, 0, 0xF0);
const GRID: RGBColor = RGBColor(0, 0, 0xF1);
const SHADE: RGBColor = RGBColor(0, 0, 0xF2);

/// A line in a plot.
pub(super) struct Line {
    /// What the legend says.
    pub(super) label: String,
    /// Which of the [`COLOURS`].
    pub(super) colour: u8,
    /// Whether the area below it is tinted.
    pub(super) area: bool,
    /// Values of both axes in the order of x; the line has a gap where there is none.
    pub(super) points: Vec<Option<(f64, f64)>>,
}

/// A plot.
pub(super) struct Chart {
    /// What it shows.
    pub(super) title: &'static str,
    /// How to read it, in a sentence; may be empty.
    pub(super) note: String,
    /// Left to right.
    pub(super) x: Axis,
    /// Bottom to top.
    pub(super) y: Axis,
    /// Stretches of x that were not measured.
    pub(super) shaded: Vec<(f64, f64)>,
    /// What is drawn; at least one point.
    pub(super) lines: Vec<Line>,
}

impl Chart {
    /// The drawing, as an SVG element for the inside of a page.
    pub(super) fn svg(&self) -> Result<String> {
        let mut svg = String::new();
        let drawn = self.draw(&mut svg);
        drawn.map_err(|failed| anyhow!("the plot {:?} cannot be drawn: {failed}", self.title))?;
        // To those who cannot see it, it is one picture with a name, not a heap of lines.
        Ok(svg.replacen("<svg ", &format!("<svg role=\"img\" aria-label=\"{}\" ", self.title), 1))
    }

    fn draw(&self, svg: &mut String) -> Result<(), Box<dyn std::error::Error + '_>> {
        let root = SVGBackend::with_string(svg, (WIDTH * FINE, HEIGHT * FINE)).into_drawing_area();
        let mut chart = ChartBuilder::on(&root)
            .margin_top(10 * FINE)
            .margin_right(22 * FINE)
            .margin_bottom(4 * FINE)
            .x_label_area_size(44 * FINE)
            .y_label_area_size(78 * FINE)
            .build_cartesian_2d(Along(self.x.clone()), Along(self.y.clone()))?;
        chart.draw_series(self.shaded.iter().map(|(from, to)| {
            let corners =
                [(self.x.place(*from), self.y.ends.0), (self.x.place(*to), self.y.ends.1)];
            Rectangle::new(corners, SHADE.filled())
        }))?;
        let text = ("sans-serif", LETTERS * f64::from(FINE)).into_font().color(&INK);
        let mut mesh = chart.configure_mesh();
        if !self.x.wants_lines() {
            mesh.disable_x_mesh();
        }
        mesh.bold_line_style(GRID.stroke_width(FINE))
            .light_line_style(TRANSPARENT)
            .axis_style(INK.stroke_width(FINE))
            .set_all_tick_mark_size(4 * FINE)
            .label_style(text.clone())
            .axis_desc_style(text.pos(Pos::new(HPos::Center, VPos::Center)))
            .x_desc(self.x.label.as_str())
            .y_desc(self.y.label.as_str())
            .draw()?;
        drop(mesh);
        for (above, line) in (0..self.lines.len()).rev().zip(&self.lines) {
            let colour = RGBColor(0, 0, 0xA0 + line.colour % COLOURS);
            for piece in self.pieces(line) {
                if let [alone] = piece[..] {
                    chart.draw_series([Circle::new(alone, 3 * FINE, colour.filled())])?;
                    continue;
                }
                if line.area {
                    let tint = colour.mix(0.15);
                    chart.draw_series(AreaSeries::new(piece.clone(), self.y.ends.0, tint))?;
                }
                let crowded = piece.len() > CROWDED && !self.x.wants_lines();
                let stroke = colour.stroke_width(if crowded { FINE * 9 / 8 } else { width(above) });
                chart.draw_series([PathElement::new(piece, stroke)])?;
            }
        }
        root.present()?;
        Ok(())
    }

    /// The places of a line's points, in pieces without a gap.
    fn pieces(&self, line: &Line) -> Vec<Vec<(f64, f64)>> {
        let place = |(x, y): &(f64, f64)| (self.x.place(*x), self.y.place(*y));
        let pieces = line.points.split(Option::is_none);
        let pieces = pieces.map(|piece| piece.iter().flatten().map(place).collect());
        pieces.filter(|piece: &Vec<_>| !piece.is_empty()).collect()
    }
}

/// How wide a line is with so many drawn above it: a little wider, to be seen where they coincide.
fn width(above: usize) -> u32 {
    FINE * 7 / 4 + [0, 6, 12, 16][above.min(3)]
}

/// An axis as the plotting library asks for it: in places, with our ticks and nothing between them.
struct Along(Axis);

impl Ranged for Along {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    #[expect(
        clippy::cast_possible_truncation,
        reason = "a position on a sheet of a few thousand units"
    )]
    fn map(&self, place: &f64, (first, last): (i32, i32)) -> i32 {
        let (from, to) = self.0.ends;
        let share = (place - from) / (to - from);
        first + (f64::from(last - first) * share).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() {
            return Vec::new();
        }
        self.0.ticks.iter().map(|(place, _)| *place).collect()
    }

    fn range(&self) -> std::ops::Range<f64> {
        self.0.ends.0..self.0.ends.1
    }
}

impl ValueFormatter<f64> for Along {
    fn format_ext(&self, place: &f64) -> String {
        self.0.text(*place)
    }
}
