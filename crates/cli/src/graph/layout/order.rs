//! The order within layers: bodies go where the mean of their neighbours lies, and the order with the fewest crossings is kept.

use super::layers::{Layered, Piece};

/// So many times the layers are gone through, down and up.
const SWEEPS: usize = 12;

impl Layered {
    /// Puts the layers in order.
    pub(super) fn arrange(&mut self) {
        let mut best = (self.crossings(), self.layers.clone());
        for sweep in 0..SWEEPS {
            if best.0 == 0 {
                break;
            }
            if sweep % 2 == 0 {
                for depth in 1..self.layers.len() {
                    self.sort(depth, depth - 1, |piece| (piece.lower, piece.upper));
                }
            } else {
                for depth in (1..self.layers.len()).rev() {
                    self.sort(depth - 1, depth - 1, |piece| (piece.upper, piece.lower));
                }
            }
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.layers.clone());
            }
        }
        self.layers = best.1;
    }

    /// Sorts a layer by the means of where its neighbours on one side lie; who has none keeps its place.
    fn sort(&mut self, depth: usize, gap: usize, ends: impl Fn(&Piece) -> (usize, usize)) {
        let positions = self.positions();
        let key = |body: usize| {
            let pieces = self.pieces[gap].iter().map(&ends);
            let others = pieces.filter(|(here, _)| *here == body);
            let (sum, count) = others.fold((0, 0), |(sum, count), (_, other)| {
                (sum + positions[other], count + 1)
            });
            // Twice the mean, in steps that are fine enough.
            let mean = (sum * 1000).checked_div(count);
            mean.unwrap_or(positions[body] * 1000)
        };
        let mut sorted: Vec<_> = self.layers[depth]
            .iter()
            .map(|body| (key(*body), *body))
            .collect();
        sorted.sort_by_key(|(key, _)| *key);
        self.layers[depth] = sorted.into_iter().map(|(_, body)| body).collect();
    }

    /// Where each body lies in its layer.
    pub(super) fn positions(&self) -> Vec<usize> {
        let mut positions = vec![0; self.bodies.len()];
        for layer in &self.layers {
            for (at, body) in layer.iter().enumerate() {
                positions[*body] = at;
            }
        }
        positions
    }

    /// How often lines cross.
    fn crossings(&self) -> usize {
        let positions = self.positions();
        let cross = |one: &Piece, other: &Piece| {
            let above = positions[one.upper].cmp(&positions[other.upper]);
            let below = positions[one.lower].cmp(&positions[other.lower]);
            above.is_ne() && below.is_ne() && above != below
        };
        let of_gap = |pieces: &Vec<Piece>| {
            let pairs = pieces.iter().enumerate();
            let of_piece = pairs.map(|(at, one)| {
                let later = pieces[at + 1..].iter();
                later.filter(|other| cross(one, other)).count()
            });
            of_piece.sum::<usize>()
        };
        self.pieces.iter().map(of_gap).sum()
    }
}
