//! A grid of characters on which lines join: what stands in a cell follows from where lines leave it.

use super::layout::{Cell, cells_of};

/// The ways out of a cell.
const UP: u8 = 1;
pub(super) const RIGHT: u8 = 2;
const DOWN: u8 = 4;
pub(super) const LEFT: u8 = 8;

/// The characters that lines are made of.
#[derive(Debug)]
pub(crate) struct Glyphs {
    /// By the ways out of a cell: up 1, right 2, down 4, left 8.
    pub(super) joints: [char; 16],
    pub(super) dashed_vertical: char,
    pub(super) dashed_horizontal: char,
    pub(super) arrow_up: char,
    pub(super) arrow_down: char,
    /// The corners of the start and the end: upper left, upper right, lower left, lower right.
    pub(super) rounded: [char; 4],
    /// Marks a node that leads to itself.
    pub(super) again: &'static str,
}

/// A grid of cells.
pub(super) struct Canvas {
    width: usize,
    cells: Vec<Content>,
}

#[derive(Clone, Copy, Default)]
struct Content {
    ways: u8,
    is_dashed: bool,
    character: Option<char>,
    /// The cell belongs to a wide character before it.
    is_covered: bool,
}

impl Canvas {
    pub(super) fn new(width: usize, height: usize) -> Self {
        Self {
            width,
            cells: vec![Content::default(); width * height],
        }
    }

    fn at(&mut self, (x, y): Cell) -> Option<&mut Content> {
        let index = y.checked_mul(self.width)?.checked_add(x)?;
        let is_within = x < self.width;
        self.cells.get_mut(index).filter(|_| is_within)
    }

    /// Lets lines leave a cell in these ways too.
    pub(super) fn join(&mut self, cell: Cell, ways: u8, is_dashed: bool) {
        if let Some(content) = self.at(cell) {
            // Where lines meet that look different, the cell looks like neither.
            content.is_dashed = is_dashed && (content.ways == 0 || content.is_dashed);
            content.ways |= ways;
        }
    }

    /// A line from a cell to another one in the same row or column.
    pub(super) fn line(&mut self, (x, y): Cell, (to_x, to_y): Cell, is_dashed: bool) {
        for column in x.min(to_x)..x.max(to_x) {
            self.join((column, y), RIGHT, is_dashed);
            self.join((column + 1, y), LEFT, is_dashed);
        }
        for row in y.min(to_y)..y.max(to_y) {
            self.join((x, row), DOWN, is_dashed);
            self.join((x, row + 1), UP, is_dashed);
        }
    }

    /// A character in place of what is in a cell.
    pub(super) fn put(&mut self, cell: Cell, character: char) {
        if let Some(content) = self.at(cell) {
            content.character = Some(character);
        }
    }

    /// A text from a cell on.
    pub(super) fn write(&mut self, (mut x, y): Cell, text: &str) {
        for character in text.chars() {
            let width = cells_of(character.encode_utf8(&mut [0; 4]));
            if width == 0 {
                continue;
            }
            self.put((x, y), character);
            for covered in x + 1..x + width {
                if let Some(content) = self.at((covered, y)) {
                    content.is_covered = true;
                }
            }
            x += width;
        }
    }

    /// The lines of text, without blanks at their ends.
    pub(super) fn text(&self, glyphs: &Glyphs) -> String {
        let mut text = String::new();
        for row in self.cells.chunks(self.width.max(1)) {
            let shown = row.iter().filter(|content| !content.is_covered);
            let line: String = shown.map(|content| content.shown(glyphs)).collect();
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

impl Content {
    fn shown(self, glyphs: &Glyphs) -> char {
        if let Some(character) = self.character {
            return character;
        }
        match (self.is_dashed, self.ways) {
            (true, ways) if ways == UP | DOWN => glyphs.dashed_vertical,
            (true, ways) if ways == LEFT | RIGHT => glyphs.dashed_horizontal,
            (_, ways) => glyphs.joints[usize::from(ways & 15)],
        }
    }
}
