//! Texts of any characters in columns that cannot have them all: no text of Postgres has U+0000.
//!
//! The characters up to U+0003 stand there as U+0001 and two of U+0002 and U+0003 behind it. So texts are in the order that they are in
//! without that, one is part of another if it is without that, and those that have none of these characters stand there as they are.

use std::borrow::Cow;
use std::error::Error;

use bytes::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

/// What stands in the place of each character, the lowest first.
const INSTEAD: [&str; 4] = [
    "\u{1}\u{2}\u{2}",
    "\u{1}\u{2}\u{3}",
    "\u{1}\u{3}\u{2}",
    "\u{1}\u{3}\u{3}",
];

/// A text as a parameter of a statement.
#[derive(Debug, Clone)]
pub(crate) struct AnyText<'a>(Cow<'a, str>);

impl<'a> AnyText<'a> {
    /// As this text stands in its column.
    pub(crate) fn of(text: &'a str) -> Self {
        Self(written(text))
    }

    /// As texts stand in a column of lists of them.
    pub(crate) fn all(texts: impl IntoIterator<Item = &'a str>) -> Vec<Self> {
        texts.into_iter().map(Self::of).collect()
    }

    /// As its own, when nothing else keeps what it is of.
    pub(crate) fn into_owned(self) -> AnyText<'static> {
        AnyText(Cow::Owned(self.0.into_owned()))
    }
}

impl ToSql for AnyText<'_> {
    fn to_sql(
        &self,
        of: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        (&*self.0).to_sql(of, out)
    }

    fn accepts(of: &Type) -> bool {
        <&str as ToSql>::accepts(of)
    }

    to_sql_checked!();
}

fn is_replaced(character: char) -> bool {
    usize::try_from(u32::from(character)).is_ok_and(|code| code < INSTEAD.len())
}

/// A text as it stands in its column.
pub(crate) fn written(text: &str) -> Cow<'_, str> {
    if !text.contains(is_replaced) {
        return Cow::Borrowed(text);
    }
    let mut written = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        let instead = usize::try_from(u32::from(character)).ok();
        match instead.and_then(|code| INSTEAD.get(code)) {
            Some(instead) => written.push_str(instead),
            None => written.push(character),
        }
    }
    Cow::Owned(written)
}

/// The text that a column holds.
pub(crate) fn read(column: &str) -> String {
    let mut text = String::with_capacity(column.len());
    let mut rest = column;
    while let Some(place) = rest.find('\u{1}') {
        let (before, behind) = rest.split_at(place);
        text.push_str(before);
        let code = INSTEAD
            .iter()
            .zip('\0'..)
            .find(|(instead, _)| behind.starts_with(**instead));
        let (character, length) = code.map_or(('\u{1}', 1), |(instead, character)| {
            (character, instead.len())
        });
        text.push(character);
        rest = &behind[length..];
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text() -> impl Strategy<Value = String> {
        let character = prop_oneof![prop::char::range('\0', '\u{5}'), Just('a'), Just('é')];
        prop::collection::vec(character, 0..6).prop_map(String::from_iter)
    }

    proptest! {
        #[test]
        fn a_text_is_read_as_it_was_written_and_none_has_a_zero(text in text()) {
            let written = written(&text);
            prop_assert!(!written.contains('\0'));
            prop_assert_eq!(read(&written), text);
        }

        #[test]
        fn texts_are_in_their_order_and_parts_of_each_other_as_before(one in text(), other in text()) {
            prop_assert_eq!(written(&one).cmp(&written(&other)), one.cmp(&other));
            prop_assert_eq!(written(&one).contains(&*written(&other)), one.contains(&*other));
        }
    }

    #[test]
    fn other_texts_stand_as_they_are() {
        for text in ["", "name", "%00 \u{4}", "\u{10FFFF}"] {
            assert!(matches!(written(text), Cow::Borrowed(_)), "{text:?}");
        }
        assert_eq!(read("\u{1}b\u{1}"), "\u{1}b\u{1}");
    }
}
