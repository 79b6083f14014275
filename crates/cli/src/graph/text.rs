//! A graph as text: boxes and lines of characters.

use super::canvas::{Canvas, Glyphs, LEFT, RIGHT};
use super::drawing::Drawing;
use super::layout::{Cell, EdgeLine, Head, Kind, Label, Layout, Placed, cells_of};

/// The characters that every terminal and every font has.
pub(crate) const ASCII: Glyphs = Glyphs {
    joints: [
        ' ', '|', '-', '+', '|', '|', '+', '+', '-', '+', '-', '+', '+', '+', '+', '+',
    ],
    dashed_vertical: ':',
    dashed_horizontal: '.',
    arrow_up: '^',
    arrow_down: 'v',
    rounded: ['.', '.', '\'', '\''],
    again: "(again)",
};

/// The characters that are made for it.
pub(crate) const UNICODE: Glyphs = Glyphs {
    joints: [
        ' ', '│', '─', '└', '│', '│', '┌', '├', '─', '┘', '─', '┴', '┐', '┤', '┬', '┼',
    ],
    dashed_vertical: '┊',
    dashed_horizontal: '┈',
    arrow_up: '▲',
    arrow_down: '▼',
    rounded: ['╭', '╮', '╰', '╯'],
    again: "↺",
};

/// The text, with a line break at its end.
pub(crate) fn text(drawing: &Drawing, glyphs: &Glyphs) -> String {
    let layout = Layout::of(drawing, glyphs.again);
    let mut canvas = Canvas::new(layout.width, layout.height);
    for placed in &layout.boxes {
        put_box(&mut canvas, placed, glyphs);
    }
    for line in &layout.lines {
        put_line(&mut canvas, line, glyphs);
    }
    for label in &layout.labels {
        put_label(&mut canvas, label);
    }
    canvas.text(glyphs)
}

fn put_box(canvas: &mut Canvas, placed: &Placed, glyphs: &Glyphs) {
    let (left, top) = placed.at;
    let (right, bottom) = (
        (left + placed.width).saturating_sub(1),
        (top + placed.height).saturating_sub(1),
    );
    let corners = [(left, top), (right, top), (left, bottom), (right, bottom)];
    canvas.line((left, top), (right, top), false);
    canvas.line((left, bottom), (right, bottom), false);
    canvas.line((left, top), (left, bottom), false);
    canvas.line((right, top), (right, bottom), false);
    let width = cells_of(&placed.text);
    match placed.kind {
        Kind::Frame { title_at } => {
            canvas.write((left + title_at, top), &format!(" {} ", placed.text));
        }
        Kind::Terminal | Kind::Node => {
            let indent = placed.width.saturating_sub(width) / 2;
            canvas.write((left + indent, top + placed.height / 2), &placed.text);
        }
    }
    if placed.kind == Kind::Terminal {
        for (corner, character) in corners.into_iter().zip(glyphs.rounded) {
            canvas.put(corner, character);
        }
    }
}

/// A line between two borders, which it joins where it begins; its arrow stands before the border.
fn put_line(canvas: &mut Canvas, line: &EdgeLine, glyphs: &Glyphs) {
    let mut points = line.points.clone();
    let arrow = match line.head {
        Head::Neither => None,
        Head::First => points.first_mut().map(|(x, y)| {
            *y += 1;
            ((*x, *y), glyphs.arrow_up)
        }),
        Head::Last => points.last_mut().map(|(x, y)| {
            *y = y.saturating_sub(1);
            ((*x, *y), glyphs.arrow_down)
        }),
    };
    for pair in points.windows(2) {
        if let [from, to] = pair {
            canvas.line(*from, *to, line.is_dashed);
        }
    }
    if let Some((cell, character)) = arrow {
        canvas.put(cell, character);
    }
    // A border that a line joins stays a whole one.
    let ends = [line.points.first(), line.points.last()];
    for end in ends.into_iter().flatten() {
        canvas.join(*end, LEFT | RIGHT, false);
    }
}

fn put_label(canvas: &mut Canvas, label: &Label) {
    let (x, y): Cell = label.middle;
    let left = x.saturating_sub(cells_of(&label.text) / 2);
    canvas.write((left, y), &label.text);
}
