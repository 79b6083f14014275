//! The layers of a level: each body lies below those that lead to it, and long lines pass the layers between as bends.

use super::cells_of;
use super::level::{Body, Crossing, Link, Role, Side, to_cells};
use super::spacing::{Wish, spaced, to_float};

/// So many times places are sought from the top to the bottom and back.
const SWEEPS: usize = 8;
/// Boxes of a layer are so far apart at least.
const GAP: i64 = 3;

/// A level in layers.
#[derive(Debug)]
pub(super) struct Layered {
    pub(super) bodies: Vec<Body>,
    /// From the top to the bottom, each from the left to the right.
    pub(super) layers: Vec<Vec<usize>>,
    /// The pieces of lines between each layer and the next.
    pub(super) pieces: Vec<Vec<Piece>>,
}

/// The piece of a line between two layers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    pub(super) upper: usize,
    pub(super) lower: usize,
    pub(super) link: usize,
    /// The edge of the drawing.
    pub(super) edge: usize,
}

impl Layered {
    pub(super) fn new(bodies: Vec<Body>, links: &[Link]) -> Self {
        let ranks = ranks(&bodies, links);
        let depth = ranks.iter().max().map_or(0, |deepest| deepest + 1);
        let mut level = Self {
            bodies,
            layers: vec![Vec::new(); depth],
            pieces: vec![Vec::new(); depth.saturating_sub(1)],
        };
        for (body, rank) in ranks.iter().enumerate() {
            level.layers[*rank].push(body);
        }
        for (at, link) in links.iter().enumerate() {
            level.add(at, link, ranks[link.upper], ranks[link.lower]);
        }
        level
    }

    /// The pieces of a line, with bends where it passes a layer; its label stands in the middle one.
    fn add(&mut self, at: usize, link: &Link, first: usize, last: usize) {
        let middle = usize::midpoint(first, last);
        let mut upper = link.upper;
        for rank in first..last {
            let lower = if rank + 1 == last {
                link.lower
            } else {
                let label = link.label.as_ref().filter(|_| rank + 1 == middle);
                let (width, role) = match label {
                    None => (1, Role::Bend),
                    Some(text) => ((cells_of(text) + 2) | 1, Role::Label(text.clone())),
                };
                self.bodies.push(Body {
                    width: to_cells(width),
                    height: 1,
                    role,
                });
                self.layers[rank + 1].push(self.bodies.len() - 1);
                self.bodies.len() - 1
            };
            self.pieces[rank].push(Piece {
                upper,
                lower,
                link: at,
                edge: link.edge,
            });
            upper = lower;
        }
    }

    /// Where each body begins from the left; the first at 0.
    pub(super) fn columns(&self) -> Vec<i64> {
        let mut middles = vec![0; self.bodies.len()];
        for layer in &self.layers {
            self.settle(layer, &mut middles, &[], |piece| (piece.lower, piece.upper));
        }
        for _ in 0..SWEEPS {
            for (depth, pieces) in self.pieces.iter().enumerate().rev() {
                let upwards = |piece: &Piece| (piece.upper, piece.lower);
                self.settle(&self.layers[depth], &mut middles, pieces, upwards);
            }
            for (depth, pieces) in self.pieces.iter().enumerate() {
                let downwards = |piece: &Piece| (piece.lower, piece.upper);
                self.settle(&self.layers[depth + 1], &mut middles, pieces, downwards);
            }
        }
        let lefts = |middles: &[i64]| -> Vec<i64> {
            let bodies = self.bodies.iter().zip(middles);
            bodies
                .map(|(body, middle)| middle - body.width / 2)
                .collect()
        };
        let lefts = lefts(&middles);
        let least = lefts.iter().min().copied().unwrap_or_default();
        lefts.into_iter().map(|left| left - least).collect()
    }

    /// Moves the bodies of a layer near to what they are linked with on one side.
    fn settle(
        &self,
        layer: &[usize],
        middles: &mut [i64],
        pieces: &[Piece],
        ends: impl Fn(&Piece) -> (usize, usize),
    ) {
        let wish = |body: &usize| {
            // Who is linked with nothing may give way.
            let (mut sum, mut weight) = (to_float(middles[*body]) * 0.01, 0.01);
            for piece in pieces {
                let (here, other) = ends(piece);
                if here == *body {
                    let wanted = middles[other] + self.off_middle(other, piece)
                        - self.off_middle(here, piece);
                    let heavy = self.heaviness(here) * self.heaviness(other);
                    sum += to_float(wanted) * heavy;
                    weight += heavy;
                }
            }
            Wish {
                at: sum / weight,
                weight,
            }
        };
        let wishes: Vec<_> = layer.iter().map(wish).collect();
        let distances: Vec<_> = layer
            .windows(2)
            .map(|pair| match pair {
                [left, right] => self.distance(*left, *right),
                _ => 0,
            })
            .collect();
        for (body, place) in layer.iter().zip(spaced(&wishes, &distances, None)) {
            middles[*body] = place;
        }
    }

    /// Lines that pass are to be straight.
    fn heaviness(&self, body: usize) -> f64 {
        match self.bodies[body].role {
            Role::Bend | Role::Label(_) => 2.0,
            _ => 1.0,
        }
    }

    fn distance(&self, left: usize, right: usize) -> i64 {
        let (left, right) = (&self.bodies[left], &self.bodies[right]);
        left.width - left.width / 2 + right.width / 2 + GAP
    }

    /// How far from the middle of a body a piece has to end there.
    fn off_middle(&self, body: usize, piece: &Piece) -> i64 {
        let it = &self.bodies[body];
        let Role::Frame { crossings } = &it.role else {
            return 0;
        };
        let side = if piece.lower == body {
            Side::Top
        } else {
            Side::Bottom
        };
        let edge = piece.edge;
        let crossing = crossings.get(&Crossing { edge, side });
        crossing.map_or(0, |at| to_cells(*at) - it.width / 2)
    }
}

/// How deep each body lies: below all that lead to it, and ports at the border.
fn ranks(bodies: &[Body], links: &[Link]) -> Vec<usize> {
    let is_port = |body: usize, wanted: Side| matches!(&bodies[body].role, Role::Port(crossing) if crossing.side == wanted);
    let has = |side| (0..bodies.len()).any(|body| is_port(body, side));
    let base = usize::from(has(Side::Top));
    let mut ranks: Vec<_> = (0..bodies.len())
        .map(|body| if is_port(body, Side::Top) { 0 } else { base })
        .collect();
    let order = sorted(bodies.len(), links);
    for body in &order {
        for link in links.iter().filter(|link| link.upper == *body) {
            ranks[link.lower] = ranks[link.lower].max(ranks[*body] + length(link));
        }
    }
    // What nothing leads to lies right above what it leads to.
    for body in 0..bodies.len() {
        let is_source = !links.iter().any(|link| link.lower == body);
        if is_source && !is_port(body, Side::Top) {
            let below = links.iter().filter(|link| link.upper == body);
            let above = below.map(|link| ranks[link.lower].saturating_sub(length(link)));
            ranks[body] = above.min().unwrap_or(base).max(base);
        }
    }
    let (border, inner): (Vec<_>, Vec<_>) =
        (0..bodies.len()).partition(|body| is_port(*body, Side::Bottom));
    let below = inner.into_iter().map(|body| ranks[body] + 1).max();
    let below = border.iter().map(|body| ranks[*body]).chain(below).max();
    for body in border {
        ranks[body] = below.unwrap_or_default();
    }
    ranks
}

/// A line with a label passes a layer, in which that stands.
fn length(link: &Link) -> usize {
    if link.label.is_some() { 2 } else { 1 }
}

/// The bodies, each before those it leads to.
fn sorted(count: usize, links: &[Link]) -> Vec<usize> {
    let mut open = vec![0_usize; count];
    for link in links {
        open[link.lower] += 1;
    }
    let mut order: Vec<_> = (0..count).filter(|body| open[*body] == 0).collect();
    let mut next = 0;
    while let Some(body) = order.get(next).copied() {
        next += 1;
        for link in links.iter().filter(|link| link.upper == body) {
            open[link.lower] -= 1;
            if open[link.lower] == 0 {
                order.push(link.lower);
            }
        }
    }
    order
}
