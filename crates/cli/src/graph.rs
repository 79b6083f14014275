//! A graph as `lgx graph` shows it: its drawing as the worker tells it, and each form that this is written in.

mod canvas;
mod drawing;
mod layout;
mod mermaid;
mod svg;
mod text;

pub(crate) use self::drawing::Drawing;
pub(crate) use self::mermaid::mermaid;
pub(crate) use self::svg::svg;
pub(crate) use self::text::{ASCII, UNICODE, text};
