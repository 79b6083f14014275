//! How long it takes to load a project of thirty files of a hundred lines: compiled for the first time, and after one of them was saved.

use std::path::PathBuf;

use divan::Bencher;
use lgx_transpile::Transpiler;
use tempfile::TempDir;

const FILES: usize = 30;

fn main() {
    divan::main();
}

struct Project {
    _dir: TempDir,
    files: Vec<PathBuf>,
}

#[expect(
    clippy::expect_used,
    reason = "a benchmark without its files measures nothing"
)]
fn project() -> Project {
    let dir = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = dir.path().join(name);
        fs_err::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs_err::write(&path, text).expect("a file");
        path
    };
    write("package.json", r#"{"type": "module"}"#);
    write(
        "tsconfig.json",
        r#"{"compilerOptions": {"target": "ES2022", "paths": {"~/*": ["./src/*"]}}}"#,
    );
    write(
        "src/settings.ts",
        "export type Settings = { threshold?: number };",
    );
    write(
        "src/prompts/index.ts",
        "export const answer = (it: object): string => '';",
    );
    let source = include_str!("agent.ts.txt");
    let files = (0..FILES).map(|number| {
        let text = format!("{source}\nexport const number: number = {number};\n");
        write(&format!("src/agent{number}.ts"), &text)
    });
    Project {
        files: files.collect(),
        _dir: dir,
    }
}

fn load_all(transpiler: &Transpiler, project: &Project) -> usize {
    let mut sources = transpiler.sources();
    let loaded = project.files.iter().map(|file| sources.load(file));
    loaded.flatten().count()
}

#[divan::bench]
fn thirty_files_for_the_first_time(bencher: Bencher<'_, '_>) {
    let project = project();
    bencher.bench_local(|| assert_eq!(load_all(&Transpiler::default(), &project), FILES));
}

#[divan::bench]
fn thirty_files_of_which_one_was_saved(bencher: Bencher<'_, '_>) {
    let project = project();
    let transpiler = Transpiler::default();
    load_all(&transpiler, &project);
    let mut saves = 0;
    bencher
        .with_inputs(|| {
            saves += 1;
            let _ = fs_err::write(
                &project.files[0],
                format!("export const saved: number = {saves};"),
            );
        })
        .bench_local_values(|()| assert_eq!(load_all(&transpiler, &project), FILES));
}
