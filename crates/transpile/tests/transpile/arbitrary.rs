//! Nothing that may be in a file makes the compiler panic: text of any kind, and words of TypeScript in any order.

use std::path::Path;

use lgx_transpile::{Format, Jsx, Settings, compile};
use proptest::prelude::*;

const EXTENSIONS: [&str; 8] = ["ts", "tsx", "mts", "cts", "js", "jsx", "mjs", "cjs"];

const WORDS: &str = "import export default from type enum namespace declare abstract class extends implements \
    interface const let var function async await using of in new this super static accessor readonly private \
    override get set satisfies as is asserts infer keyof typeof unique return throw if else for while switch case break \
    yield delete void null undefined require module exports __dirname @a @b() #c < > <T> </ /> <> </> { } ( ) [ ] ; : , . ... ?. ?? => \
    = == + - * ** ! ~ & | ? 'text' \"x\" `t` `${ 0 1n 1e3 /r/v // /* */ <!-- #! a b c T é 😀 \\u0061 \u{2028} \n";

fn settings() -> impl Strategy<Value = Settings> {
    (any::<[bool; 5]>()).prop_map(
        |[decorators, metadata, verbatim, define, classic]| Settings {
            experimental_decorators: decorators,
            decorator_metadata: metadata,
            strict_null_checks: metadata,
            verbatim_module_syntax: verbatim,
            define_class_fields: define,
            jsx: if classic {
                Jsx::Classic {
                    factory: None,
                    fragment: None,
                }
            } else {
                Settings::default().jsx
            },
        },
    )
}

fn words() -> impl Strategy<Value = String> {
    let words: Vec<&str> = WORDS.split(' ').filter(|word| !word.is_empty()).collect();
    let word = proptest::sample::select(words);
    proptest::collection::vec(word, 0..40).prop_map(|words| words.join(" "))
}

/// Whatever comes out is a module, or something that can be told.
fn compiles_or_tells(source: &str, settings: &Settings, declared: Option<Format>) {
    for extension in EXTENSIONS {
        let name = format!("any.{extension}");
        if let Err(told) = compile(Path::new(&name), source, settings, declared) {
            assert!(!told.message.is_empty());
            assert!(told.line.is_none_or(|line| line >= 1), "{told:?}");
            assert!(told.column.is_none_or(|column| column >= 1), "{told:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_text_compiles_or_is_told(source in any::<String>(), settings in settings()) {
        compiles_or_tells(&source, &settings, None);
    }

    #[test]
    fn any_words_compile_or_are_told(source in words(), settings in settings(), is_module in any::<bool>()) {
        compiles_or_tells(&source, &settings, is_module.then_some(Format::Module));
    }

    #[test]
    fn code_that_is_cut_off_compiles_or_is_told(at in 0..2_000_usize, settings in settings()) {
        let whole = include_str!("../../benches/agent.ts.txt");
        let cut: String = whole.chars().take(at).collect();
        compiles_or_tells(&cut, &settings, None);
    }
}
