//! Drawings of graphs of each shape, as text, which shows best where things lie; and rules that hold for graphs of any shape.

use std::collections::HashMap;

use insta::assert_snapshot;
use serde_json::json;

use super::*;
use crate::graph::text::{ASCII, UNICODE, text};

/// A drawing whose edges are written `a > b`, `a ? b` if taken sometimes, `a ? b: label`.
fn drawing(edges: &[&str]) -> Drawing {
    let mut nodes: Vec<String> = Vec::new();
    let mut drawn = Vec::new();
    for edge in edges {
        let words: Vec<_> = edge.splitn(4, ' ').collect();
        let (source, target) = (words[0], words[2]);
        for node in [source, target] {
            if !nodes.iter().any(|it| it == node) {
                nodes.push(node.to_owned());
            }
        }
        let label = words.get(3);
        let conditional = words[1] == "?";
        drawn.push(
            json!({"source": source, "target": target, "conditional": conditional, "data": label}),
        );
    }
    let nodes: Vec<_> = nodes.iter().map(|id| json!({"id": id})).collect();
    serde_json::from_value(json!({"nodes": nodes, "edges": drawn})).unwrap()
}

fn drawn(edges: &[&str]) -> String {
    text(&drawing(edges), &UNICODE)
}

#[test]
fn a_chain() {
    assert_snapshot!(drawn(&["__start__ > think", "think > __end__"]), @"
    ╭───────────╮
    │ __start__ │
    ╰─────┬─────╯
          ▼
      ┌───────┐
      │ think │
      └───┬───┘
          ▼
     ╭─────────╮
     │ __end__ │
     ╰─────────╯
    ");
}

#[test]
fn an_agent_with_tools() {
    assert_snapshot!(drawn(&[
        "__start__ > agent",
        "agent ? tools",
        "agent ? __end__",
        "tools > agent",
    ]), @"
      ╭───────────╮
      │ __start__ │
      ╰─────┬─────╯
            ▼
        ┌───────┐
        │ agent │
        └┬─────┬┘
         ┊ ▲   ┊
         ┊ │   └┈┐
         ▼ │     ▼
    ┌──────┴┐   ╭─────────╮
    │ tools │   │ __end__ │
    └───────┘   ╰─────────╯
    ");
}

#[test]
fn branches_with_labels_that_meet_again() {
    assert_snapshot!(drawn(&[
        "__start__ > route",
        "route ? weather weather?",
        "route ? search",
        "route ? chat else",
        "weather > answer",
        "search > answer",
        "chat > answer",
        "answer > __end__",
        "route ? __end__",
    ]), @"
                        ╭───────────╮
                        │ __start__ │
                        ╰─────┬─────╯
                              ▼
                          ┌───────┐
                          │ route │
                          └┬─┬─┬─┬┘
             ┌┈┈┈┈┈┈┈┈┈┈┈┈┈┘ ┊ ┊ └┈┈┈┈┈┈┈┈┐
             ┊         ┌┈┈┈┈┈┘ └┈┈┈┐      ┊
             ▼         ┊           ┊      ┊
    ┌─────────┐        ┊           ┊      ┊
    │ search  │    weather?      else     ┊
    └────┬────┘        ┊           ┊      ┊
         │             ┊           ┊      └┐
         │             ▼           ▼       ┊
         │       ┌─────────┐   ┌───────┐   ┊
         │       │ weather │   │ chat  │   ┊
         │       └──┬──────┘   └┬──────┘   ┊
         └─────┐    │  ┌────────┘          ┊
               ▼    ▼  ▼                   ┊
              ┌─────────┐                  ┊
              │ answer  │                  ┊
              └────────┬┘                  ┊
                       └───────┐       ┌┈┈┈┘
                               ▼       ▼
                              ╭─────────╮
                              │ __end__ │
                              ╰─────────╯
    ");
}

#[test]
fn subgraphs_and_lines_through_their_borders() {
    assert_snapshot!(drawn(&[
        "__start__ > child:a",
        "child:a > child:b",
        "child:a ? child:deep:x",
        "child:deep:x > child:b",
        "child:b > review",
        "review ? child:a again",
        "review ? __end__",
    ]), @"
               ╭───────────╮
               │ __start__ │
               ╰─────┬─────╯
                     │
    ┌─ child ────────┼──────┐
    │                ▼      │
    │             ┌─────┐   │
    │             │  a  │   │
    │             └┬─┬──┘   │
    │              ┊ │ ▲    │
    │     ┌┈┈┈┈┈┈┈┈┘ └┐└┈┈┐ │
    │ ┌───┼─ deep ┐   │   ┊ │
    │ │   ▼       │   │   ┊ │
    │ │ ┌───┐     │   │   ┊ │
    │ │ │ x │     │   │   ┊ │
    │ │ └─┬─┘     │   │   ┊ │
    │ │   │       │   │   ┊ │
    │ └───┼───────┘   │   ┊ │
    │     └──────┐ ┌──┘   ┊ │
    │            ▼ ▼      ┊ │
    │           ┌───┐     ┊ │
    │           │ b │     ┊ │
    │           └─┬─┘     ┊ │
    │             │       ┊ │
    └─────────────┼───────┼─┘
                  │       ┊
                  │     again
                  ▼       ┊
                 ┌────────┴┐
                 │ review  │
                 └────┬────┘
                      ▼
                 ╭─────────╮
                 │ __end__ │
                 ╰─────────╯
    ");
}

#[test]
fn a_node_that_leads_to_itself_and_one_that_nothing_leads_to() {
    assert_snapshot!(drawn(&[
        "__start__ > work",
        "work ? work more",
        "work ? __end__",
        "alone > __end__",
    ]), @"
     ╭───────────╮
     │ __start__ │
     ╰─────┬─────╯
           ▼
    ┌─────────────┐   ┌───────┐
    │ work ↺ more │   │ alone │
    └───────────┬─┘   └┬──────┘
                ▼      ▼
              ╭─────────╮
              │ __end__ │
              ╰─────────╯
    ");
}

#[test]
fn in_ascii() {
    let drawing = drawing(&[
        "__start__ > agent",
        "agent ? tools",
        "agent ? agent",
        "agent ? __end__",
        "tools > agent",
    ]);
    assert_snapshot!(text(&drawing, &ASCII), @"
      .-----------.
      | __start__ |
      '-----+-----'
            v
    +---------------+
    | agent (again) |
    +--+----------+-+
       : ^        :
       v |        v
    +----+--+   .---------.
    | tools |   | __end__ |
    +-------+   '---------'
    ");
}

#[test]
fn wide_characters_take_two_cells() {
    assert_snapshot!(drawn(&["__start__ > 天気", "天気 > __end__"]), @"
    ╭───────────╮
    │ __start__ │
    ╰─────┬─────╯
          ▼
      ┌───────┐
      │ 天気  │
      └───┬───┘
          ▼
     ╭─────────╮
     │ __end__ │
     ╰─────────╯
    ");
}

/// Made up from a seed: edges between a few nodes, some of which lie in subgraphs.
fn made_up(seed: u64) -> Drawing {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut below = |limit: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % 1_000_003).unwrap() % limit
    };
    let frames = ["", "", "one:", "two:", "two:deep:"];
    let count = 2 + below(12);
    let nodes: Vec<_> = (0..count)
        .map(|at| format!("{}n{at}", frames[below(frames.len())]))
        .collect();
    let edges: Vec<_> = (0..count + below(2 * count))
        .map(|at| {
            let (from, to) = (&nodes[below(count)], &nodes[below(count)]);
            let label = (at % 5 == 0).then(|| format!("label {at}"));
            json!({"source": from, "target": to, "conditional": below(2) == 0, "data": label})
        })
        .collect();
    let nodes: Vec<_> = nodes.iter().map(|id| json!({"id": id})).collect();
    serde_json::from_value(json!({"nodes": nodes, "edges": edges})).unwrap()
}

/// The steps between neighbouring cells that a line takes.
fn steps(line: &EdgeLine) -> Vec<(Cell, Cell)> {
    let mut steps = Vec::new();
    for pair in line.points.windows(2) {
        let ((x, y), (to_x, to_y)) = (pair[0], pair[1]);
        assert!(x == to_x || y == to_y, "lines run along the grid: {line:?}");
        let columns = (x.min(to_x)..x.max(to_x)).map(|x| ((x, y), (x + 1, y)));
        let rows = (y.min(to_y)..y.max(to_y)).map(|y| ((x, y), (x, y + 1)));
        steps.extend(columns.chain(rows));
    }
    steps
}

#[test]
fn no_two_boxes_overlap_and_no_two_lines_share_a_piece() {
    for seed in 1..400 {
        let drawing = made_up(seed);
        let layout = Layout::of(&drawing, "again");
        let shown = text(&drawing, &UNICODE);

        let leaves: Vec<_> = (layout.boxes.iter())
            .filter(|it| !matches!(it.kind, Kind::Frame { .. }))
            .collect();
        assert_eq!(leaves.len(), drawing.nodes.len(), "{seed}\n{shown}");
        let mut taken = HashMap::new();
        for (at, leaf) in leaves.iter().enumerate() {
            for x in leaf.at.0..leaf.at.0 + leaf.width {
                for y in leaf.at.1..leaf.at.1 + leaf.height {
                    assert!(x < layout.width && y < layout.height, "{seed}\n{shown}");
                    assert!(taken.insert((x, y), at).is_none(), "{seed}\n{shown}");
                }
            }
        }

        let mut walked = HashMap::new();
        for (at, line) in layout.lines.iter().enumerate() {
            for step in steps(line) {
                let other = walked.insert(step, at);
                assert!(
                    other.is_none_or(|other| other == at),
                    "{seed} at {step:?}\n{shown}"
                );
            }
            let inner = line.points.iter().skip(1).rev().skip(1);
            for point in inner {
                assert!(!taken.contains_key(point), "{seed}: through a box\n{shown}");
            }
        }
        let heads = layout
            .lines
            .iter()
            .filter(|line| line.head != Head::Neither);
        let edges = drawing.edges.iter().filter(|it| it.source != it.target);
        assert_eq!(
            heads.count(),
            edges.count(),
            "{seed}: an arrow each\n{shown}"
        );
    }
}
