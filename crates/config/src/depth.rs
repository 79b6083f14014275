//! How deep a text nests, found without recursion: the parser calls itself for each level, and its stack has an end.

use jsonc_parser::Scanner;
use jsonc_parser::common::Range;
use jsonc_parser::tokens::Token;

/// How many lists and objects may lie in each other, as in the bodies of requests.
pub(crate) const DEEPEST: usize = 100;

/// The bracket that opens one level too many, if there is one. What cannot be scanned is left to the parser, which gets no further.
pub(crate) fn too_deep(text: &str) -> Option<Range> {
    let mut scanner = Scanner::new(text);
    let mut depth: usize = 0;
    while let Ok(Some(token)) = scanner.scan() {
        match token {
            Token::OpenBrace | Token::OpenBracket if depth == DEEPEST => {
                return Some(Range::new(scanner.token_start(), scanner.token_end()));
            }
            Token::OpenBrace | Token::OpenBracket => depth += 1,
            Token::CloseBrace | Token::CloseBracket => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(levels: usize) -> String {
        format!("{}{}", "[".repeat(levels), "]".repeat(levels))
    }

    #[test]
    fn the_bracket_that_is_too_much_is_found() {
        assert!(too_deep(&nested(DEEPEST)).is_none());
        let found = too_deep(&nested(DEEPEST + 1)).unwrap();
        assert_eq!((found.start, found.end), (DEEPEST, DEEPEST + 1));
        assert!(too_deep(&"{\"a\":".repeat(200_000)).is_some());
    }

    #[test]
    fn brackets_in_texts_and_comments_open_nothing() {
        let many = "[".repeat(200);
        for text in [
            format!("[\"{many}\"]"),
            format!("[\"\\\"{many}\"]"),
            format!("// {many}\n[]"),
            format!("/* {many} */ []"),
        ] {
            assert!(too_deep(&text).is_none(), "{text}");
        }
    }
}
