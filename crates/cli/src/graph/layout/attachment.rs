//! Where lines end at the borders of boxes: apart from each other, and straight above where they go if that can be.

use super::channel::Wire;
use super::layers::{Layered, Piece};
use super::level::{Crossing, Link, Role, Side, to_cells};
use super::spacing::{Wish, spaced, to_float};

/// Lines of a border are so far apart.
const APART: i64 = 2;

/// The pieces of each gap between layers with the columns in which they begin and end.
pub(super) fn attach(level: &Layered, links: &[Link], lefts: &[i64]) -> Vec<Vec<Wire>> {
    let borders = Borders {
        level,
        lefts,
        positions: level.positions(),
    };
    let gaps = level.pieces.iter();
    gaps.map(|pieces| {
        let from = borders.columns(pieces, Side::Bottom);
        let to = borders.columns(pieces, Side::Top);
        let ends = from.into_iter().zip(to);
        let wires = pieces.iter().zip(ends);
        wires
            .map(|(piece, (from, to))| Wire {
                link: piece.link,
                lower: piece.lower,
                from,
                to,
                may_end: borders.room(piece.lower),
                head: links[piece.link].head,
                is_first: links[piece.link].upper == piece.upper,
                is_last: links[piece.link].lower == piece.lower,
            })
            .collect()
    })
    .collect()
}

struct Borders<'a> {
    level: &'a Layered,
    lefts: &'a [i64],
    positions: Vec<usize>,
}

impl Borders<'_> {
    /// The column in which each piece ends at the bodies that have it at this side.
    fn columns(&self, pieces: &[Piece], side: Side) -> Vec<i64> {
        let ends = |piece: &Piece| match side {
            Side::Bottom => (piece.upper, piece.lower),
            Side::Top => (piece.lower, piece.upper),
        };
        let mut columns: Vec<_> = pieces
            .iter()
            .map(|piece| self.fixed(ends(piece).0, piece, side).unwrap_or_default())
            .collect();
        let mut bodies: Vec<_> = pieces.iter().map(|piece| ends(piece).0).collect();
        bodies.sort_unstable();
        bodies.dedup();
        for body in bodies {
            let Some((least, most)) = self.interior(body) else {
                continue;
            };
            let mut here: Vec<_> = (0..pieces.len())
                .filter(|at| ends(&pieces[*at]).0 == body)
                .collect();
            here.sort_by_key(|at| (self.positions[ends(&pieces[*at]).1], pieces[*at].link));
            let other_side = match side {
                Side::Bottom => Side::Top,
                Side::Top => Side::Bottom,
            };
            let wish = |at: &usize| {
                let piece = &pieces[*at];
                let other = ends(piece).1;
                self.wish((least, most), other, piece, other_side)
            };
            let wishes: Vec<_> = here.iter().map(wish).collect();
            let distances = vec![APART; here.len()];
            let places = spaced(&wishes, &distances, Some((least, most)));
            for (at, place) in here.into_iter().zip(places) {
                columns[at] = place;
            }
        }
        columns
    }

    /// Where a piece would go straight to its other end.
    fn wish(&self, (least, most): (i64, i64), other: usize, piece: &Piece, side: Side) -> Wish {
        if let Some(column) = self.fixed(other, piece, side) {
            return Wish {
                at: to_float(column.clamp(least, most)),
                weight: 3.0,
            };
        }
        let (left, right) = self.interior(other).unwrap_or((least, most));
        let (from, to) = (left.max(least), right.min(most));
        let at = if from <= to {
            i64::midpoint(from, to)
        } else {
            i64::midpoint(left, right).clamp(least, most)
        };
        Wish {
            at: to_float(at),
            weight: 1.0,
        }
    }

    /// The only column in which a piece can end at a body, if there is only one.
    fn fixed(&self, body: usize, piece: &Piece, side: Side) -> Option<i64> {
        let it = &self.level.bodies[body];
        let within = match &it.role {
            Role::Box { .. } => return None,
            Role::Frame { crossings } => {
                let edge = piece.edge;
                to_cells(*crossings.get(&Crossing { edge, side })?)
            }
            Role::Port(_) | Role::Bend | Role::Label(_) => it.width / 2,
        };
        Some(self.lefts[body] + within)
    }

    /// The columns of a box in which lines may end.
    fn interior(&self, body: usize) -> Option<(i64, i64)> {
        let it = &self.level.bodies[body];
        let left = self.lefts[body];
        matches!(it.role, Role::Box { .. }).then(|| (left + 1, left + it.width - 2))
    }

    /// The columns in which a piece may end that has to give way.
    fn room(&self, body: usize) -> (i64, i64) {
        let left = self.lefts[body];
        match self.level.bodies[body].role {
            Role::Bend => (left - 1, left + 1),
            _ => self.interior(body).unwrap_or((1, 0)),
        }
    }
}
