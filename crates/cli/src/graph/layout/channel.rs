//! The rows between two layers: each line that has to turn gets a row, and no two lines share a piece of a row or a column.

use super::Head;

/// A piece of a line between two layers.
#[derive(Debug, Clone)]
pub(super) struct Wire {
    pub(super) link: usize,
    /// The body at its lower end.
    pub(super) lower: usize,
    /// The column in which it begins.
    pub(super) from: i64,
    /// The column in which it ends.
    pub(super) to: i64,
    /// The columns in which it might end as well; none if the first is greater than the second.
    pub(super) may_end: (i64, i64),
    /// Which end of the whole line has the arrow.
    pub(super) head: Head,
    /// Whether the line begins with it.
    pub(super) is_first: bool,
    /// Whether the line ends with it.
    pub(super) is_last: bool,
}

/// The rows between two layers.
#[derive(Debug)]
pub(super) struct Channel {
    /// Where wires turn, each from its upper end on.
    turns: Vec<Turn>,
    count: i64,
    /// Whether there are arrows at the upper end.
    heads_above: bool,
    /// Whether there are arrows at the lower end.
    heads_below: bool,
}

/// A part of a wire that runs along a row.
#[derive(Debug, Clone, Copy)]
struct Turn {
    wire: usize,
    from: i64,
    to: i64,
    track: Option<i64>,
}

impl Turn {
    fn overlaps(&self, other: &Self) -> bool {
        let span = |turn: &Self| (turn.from.min(turn.to), turn.from.max(turn.to));
        let ((left, right), (other_left, other_right)) = (span(self), span(other));
        left <= other_right && other_left <= right
    }

    /// Those that go to the right come first, and each below those that it would cross otherwise.
    fn precedence(&self) -> (bool, i64) {
        let goes_left = self.to < self.from;
        (goes_left, if goes_left { self.from } else { -self.from })
    }
}

impl Channel {
    /// Finds a row for each wire that turns. Of wires that would each have to turn above the other, one ends beside, or turns twice.
    pub(super) fn route(wires: &mut [Wire]) -> Self {
        let turning = wires.iter().enumerate().filter(|(_, it)| it.from != it.to);
        let mut turns: Vec<_> = turning
            .map(|(wire, it)| Turn {
                wire,
                from: it.from,
                to: it.to,
                track: None,
            })
            .collect();
        turns.sort_by_key(Turn::precedence);
        let mut channel = Self {
            turns,
            count: 0,
            heads_above: wires.iter().any(|it| it.is_first && it.head == Head::First),
            heads_below: wires.iter().any(|it| it.is_last && it.head == Head::Last),
        };
        while let Some(first) = channel.first(|turn| turn.track.is_none()) {
            if let Some(free) = channel.first(|it| it.track.is_none() && !channel.waits(it)) {
                channel.place(free);
            } else if !channel.ends_beside(wires) && !channel.turns_twice(wires) {
                // There is no column left: two lines share a piece.
                channel.place(first);
            }
        }
        channel
    }

    /// How many rows there are.
    pub(super) fn height(&self) -> i64 {
        let rows = i64::from(self.heads_above) + self.count + i64::from(self.heads_below);
        rows.max(1)
    }

    /// The rows in which a wire turns, each with the column in which it leaves it.
    pub(super) fn turns_of(&self, wire: usize) -> impl Iterator<Item = (i64, i64)> {
        let above = i64::from(self.heads_above);
        let turns = self.turns.iter().filter(move |turn| turn.wire == wire);
        turns.filter_map(move |turn| Some((turn.track? + above, turn.to)))
    }

    fn first(&self, is_wanted: impl Fn(&Turn) -> bool) -> Option<usize> {
        self.turns.iter().position(is_wanted)
    }

    /// Whether a turn ends in a column in which another begins, which has to be above it; or its wire has to turn before.
    fn waits(&self, turn: &Turn) -> bool {
        let open = self.turns.iter().filter(|other| other.track.is_none());
        let mut before = open.filter(|other| {
            if other.wire == turn.wire {
                other.to == turn.from
            } else {
                other.from == turn.to
            }
        });
        before.next().is_some()
    }

    fn place(&mut self, at: usize) {
        let turn = self.turns[at];
        let above = self.turns.iter().filter(|other| other.overlaps(&turn));
        let above = above.filter_map(|other| other.track).max();
        let track = above.map_or(0, |above| above + 1);
        self.turns[at].track = Some(track);
        self.count = self.count.max(track + 1);
    }

    /// Lets a wire end in a column beside, if there is one that can.
    fn ends_beside(&mut self, wires: &mut [Wire]) -> bool {
        for at in 0..self.turns.len() {
            let turn = self.turns[at];
            let (least, most) = wires[turn.wire].may_end;
            // Only the end of a wire that turns once can move without its other turns.
            let is_whole = (turn.from, turn.to) == (wires[turn.wire].from, wires[turn.wire].to);
            if turn.track.is_some() || !is_whole {
                continue;
            }
            let mut beside = [turn.to - 1, turn.to + 1].into_iter();
            let column = beside
                .find(|column| (least..=most).contains(column) && self.is_free(*column, wires));
            if let Some(column) = column {
                wires[turn.wire].to = column;
                self.turns[at].to = column;
                return true;
            }
        }
        false
    }

    /// Lets a wire change its column on the way, if there is one that can.
    fn turns_twice(&mut self, wires: &[Wire]) -> bool {
        for at in 0..self.turns.len() {
            let turn = self.turns[at];
            if turn.track.is_some() {
                continue;
            }
            let mut between = turn.from.min(turn.to) + 1..turn.from.max(turn.to);
            if let Some(column) = between.find(|column| self.is_free(*column, wires)) {
                self.turns[at].to = column;
                let rest = Turn {
                    from: column,
                    ..turn
                };
                self.turns.insert(at + 1, rest);
                return true;
            }
        }
        false
    }

    /// Whether no line runs down in a column.
    fn is_free(&self, column: i64, wires: &[Wire]) -> bool {
        let of_wire = |wire: &Wire| wire.from == column || wire.to == column;
        let of_turn = |turn: &Turn| turn.from == column || turn.to == column;
        !wires.iter().any(of_wire) && !self.turns.iter().any(of_turn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(from: i64, to: i64, may_end: (i64, i64)) -> Wire {
        Wire {
            link: 0,
            lower: 0,
            from,
            to,
            may_end,
            head: Head::Last,
            is_first: true,
            is_last: true,
        }
    }

    fn row(channel: &Channel, wire: usize) -> Option<i64> {
        channel.turns_of(wire).map(|(row, _)| row).next()
    }

    #[test]
    fn straight_lines_take_no_row() {
        let channel = Channel::route(&mut [wire(1, 1, (1, 0)), wire(5, 5, (1, 0))]);
        assert_eq!((channel.height(), row(&channel, 0)), (1, None));
    }

    #[test]
    fn lines_that_overlap_take_rows_in_which_they_do_not_cross() {
        let channel = Channel::route(&mut [wire(1, 10, (1, 0)), wire(3, 12, (1, 0))]);
        assert_eq!((row(&channel, 0), row(&channel, 1)), (Some(1), Some(0)));
    }

    #[test]
    fn lines_that_change_places_end_beside() {
        let mut wires = [wire(1, 9, (7, 11)), wire(9, 1, (1, 3))];
        let channel = Channel::route(&mut wires);
        assert_eq!((wires[0].from, wires[0].to), (1, 8));
        assert_ne!(row(&channel, 0), row(&channel, 1));
    }

    #[test]
    fn where_nothing_can_end_beside_one_line_turns_twice() {
        let mut wires = [wire(1, 9, (1, 0)), wire(9, 1, (1, 0))];
        let channel = Channel::route(&mut wires);
        let turns = |wire| channel.turns_of(wire).collect::<Vec<_>>();
        assert_eq!(turns(0), [(0, 2), (2, 9)]);
        assert_eq!(turns(1), [(1, 1)]);
    }
}
