//! A graph as an SVG that needs nothing else, in colours for light and for dark pages.

use std::fmt::Write as _;

use super::drawing::Drawing;
use super::layout::{Cell, EdgeLine, Head, Kind, Label, Layout, Placed};

/// The size of a cell.
const WIDE: f64 = 8.0;
const HIGH: f64 = 15.0;
/// Around the drawing.
const MARGIN: f64 = 16.0;
/// Lines turn in arcs of this radius.
const RADIUS: f64 = 6.0;

const STYLE: &str = "\
text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;text-anchor:middle;fill:#1b1b1a}
.box{fill:#fff;stroke:#8a8a85}
.frame{fill:#8a8a85;fill-opacity:.09;stroke:#b9b9b4}
.title{fill:#5d5d59;text-anchor:start}
.line{fill:none;stroke:#6f6f6a;stroke-width:1.4}
.sometimes{stroke-dasharray:5 4}
.tip{fill:#6f6f6a}
.label{font-size:11px;fill:#5d5d59;stroke:#fff;stroke-width:4px;paint-order:stroke}
@media (prefers-color-scheme:dark){
text{fill:#ececea}
.box{fill:#242423;stroke:#7d7d78}
.frame{stroke:#5d5d59}
.title{fill:#b9b9b4}
.line{stroke:#a5a5a0}
.tip{fill:#a5a5a0}
.label{fill:#c9c9c4;stroke:#1b1b1a}
}";

/// The text of the SVG, with a line break at its end.
pub(crate) fn svg(drawing: &Drawing, name: &str) -> String {
    let layout = Layout::of(drawing, "↺");
    let width = across(layout.width) + 2.0 * MARGIN;
    let height = down(layout.height) + 2.0 * MARGIN;
    let name = escaped(name);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\">\n\
         <title>{name}</title>\n<style>\n{STYLE}\n</style>\n\
         <defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7.5\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto-start-reverse\"><path class=\"tip\" d=\"M0 0L8 4L0 8z\"/></marker></defs>\n"
    );
    for placed in &layout.boxes {
        put_box(&mut text, placed);
    }
    for line in &layout.lines {
        put_line(&mut text, line);
    }
    for label in &layout.labels {
        put_label(&mut text, label);
    }
    text.push_str("</svg>\n");
    text
}

/// Writes to a text, which cannot fail.
macro_rules! put {
    ($text:expr, $($part:tt)*) => {
        let _ = writeln!($text, $($part)*);
    };
}

/// A box goes through the middles of the cells of its border.
fn put_box(text: &mut String, placed: &Placed) {
    let (x, y) = middle(placed.at);
    let width = across(placed.width) - WIDE;
    let height = down(placed.height) - HIGH;
    let place = format!("x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"");
    let name = escaped(&placed.text);
    if let Kind::Frame { .. } = placed.kind {
        let (x, y) = (x + 8.0, y + 15.0);
        put!(
            text,
            "<rect class=\"frame\" {place} rx=\"8\"/><text class=\"title\" x=\"{x}\" y=\"{y}\">{name}</text>"
        );
        return;
    }
    let radius = if placed.kind == Kind::Terminal {
        10.0
    } else {
        6.0
    };
    let (x, y) = (x + width / 2.0, y + height / 2.0 + 4.5);
    put!(
        text,
        "<rect class=\"box\" {place} rx=\"{radius}\"/><text x=\"{x}\" y=\"{y}\">{name}</text>"
    );
}

fn put_line(text: &mut String, line: &EdgeLine) {
    let class = if line.is_dashed {
        "line sometimes"
    } else {
        "line"
    };
    let head = match line.head {
        Head::Neither => "",
        Head::First => " marker-start=\"url(#tip)\"",
        Head::Last => " marker-end=\"url(#tip)\"",
    };
    let path = path(&line.points);
    put!(text, "<path class=\"{class}\" d=\"{path}\"{head}/>");
}

/// A command of a path, and a point.
fn at(command: &str, (x, y): (f64, f64)) -> String {
    format!("{command}{x} {y}")
}

/// A line along the grid with round corners.
fn path(points: &[Cell]) -> String {
    let mut path = String::new();
    for (index, point) in points.iter().enumerate() {
        let (x, y) = middle(*point);
        let before = index.checked_sub(1).and_then(|index| points.get(index));
        match (before, points.get(index + 1)) {
            (None, _) => path.push_str(&at("M", (x, y))),
            (Some(_), None) => path.push_str(&at("L", (x, y))),
            (Some(before), Some(after)) => {
                let from = towards((x, y), middle(*before));
                let to = towards((x, y), middle(*after));
                path.extend([at("L", from), at("Q", (x, y)), at(" ", to)]);
            }
        }
    }
    path
}

/// A point on the way from a corner to another point, at most half of it.
fn towards((x, y): (f64, f64), (to_x, to_y): (f64, f64)) -> (f64, f64) {
    let length = (to_x - x).hypot(to_y - y);
    if length == 0.0 {
        return (x, y);
    }
    let part = (RADIUS / length).min(0.5);
    (x + (to_x - x) * part, y + (to_y - y) * part)
}

fn put_label(text: &mut String, label: &Label) {
    let (x, y) = middle(label.middle);
    let (y, name) = (y + 4.0, escaped(&label.text));
    put!(
        text,
        "<text class=\"label\" x=\"{x}\" y=\"{y}\">{name}</text>"
    );
}

fn middle((x, y): Cell) -> (f64, f64) {
    (
        across(x) + WIDE / 2.0 + MARGIN,
        down(y) + HIGH / 2.0 + MARGIN,
    )
}

#[expect(clippy::cast_precision_loss, reason = "no drawing is 2^52 cells wide")]
fn across(cells: usize) -> f64 {
    cells as f64 * WIDE
}

#[expect(clippy::cast_precision_loss, reason = "no drawing is 2^52 cells high")]
fn down(cells: usize) -> f64 {
    cells as f64 * HIGH
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // XML has no place for these.
            other if other.is_control() => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}
