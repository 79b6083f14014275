//! Help, versions, and command lines that make no sense.

use std::process::Command;

use insta::assert_snapshot;

use crate::place::Place;

#[test]
fn alone_it_shows_what_it_can_do() {
    assert_snapshot!(Place::new().run(&[]), @"
    exit code: 2
    --- stderr
    Create LangGraph projects and serve them on your own machine

    Usage: lgx <COMMAND>

    Commands:
      new          Create a project from a template
      init         Write langgraph.json for the project in this directory
      dev          Serve the project in this directory with the Agent Server API
      serve        Serve the project in production, for whom its auth lets in
      migrate      Make the tables of the database that keeps state, or bring them up to date
      check        Check the project in this directory without serving it
      validate     Check the project's configuration, as `check --no-import` does
      run          Run a graph once and print what it answers
      chat         Talk to a graph, message by message
      exec         Run a command, such as the tests, against a server that lives as long as it does
      cassettes    List, show and prune recorded calls of models
      graph        Draw the graphs of the project in this directory
      dockerfile   Write a Dockerfile for the project in this directory
      build        Build an image of the project in this directory with Docker
      up           Build an image of the project and run it with Docker, on a port of this machine
      status       Say whether a server of the project runs, where, and what the project keeps
      state        Carry what the project keeps between folders and databases, or keep it in a file
      reset        Remove what the project keeps: threads, runs, assistants, crons and memory
      doctor       Look for what keeps lgx or the project from working on this machine
      trust        Have this machine trust the certificates of `lgx dev --tls`
      completions  Print a script that completes commands and flags in your shell
      man          Write the man pages of lgx and its commands into a folder
      version      Print the version
      help         Print this message or the help of the given subcommand(s)

    Options:
      -h, --help     Print help (see more with '--help')
      -V, --version  Print version

    Exit codes: 0 done (also: a server stopped with SIGTERM), 1 failed, 2 wrong command line, 3 a graph
    waits for an answer, 130 interrupted with Ctrl-C
    ");
}

#[test]
fn the_help_of_new_fits_a_screen() {
    assert_snapshot!(Place::new().run(&["new", "-h"]), @"
    exit code: 0
    --- stdout
    Create a project from a template

    Usage: lgx new [OPTIONS] [PATH]

    Arguments:
      [PATH]  The directory to create; an empty one or a fresh repository may already be there

    Options:
      -t, --template <ID>  The template to start from (see --list)
          --name <NAME>    The name of the project, when it is not to be the directory's
          --list           List the templates
          --json           Print the result, or the list, as JSON
          --dev            Afterwards install the project, in Python into a `.venv` of its own, and
                           serve it as `lgx dev` does
      -h, --help           Print help (see more with '--help')

    With --dev:
          --host <HOST>               The address to listen on [default: 127.0.0.1]
          --allow-host <NAME>         A further name to answer to, or `*.NAME` for all below it
          --port <PORT>               The port to listen on; 0 takes any free one [default: 2024]
          --tls                       Speak HTTPS, with a certificate of lgx's own; `lgx trust` has this
                                      machine trust it
          --ssl-certfile <FILE>       Speak HTTPS, with the certificate in this file (PEM)
          --ssl-keyfile <FILE>        The key of the certificate (PEM, not encrypted)
          --no-browser                Do not open Studio in the browser
          --no-reload                 Do not bring up new code when files change
          --reload-wait <SECONDS>     How many seconds a run waits for code that was saved before it was
                                      asked for [default: 10]
          --load-timeout <SECONDS>    Give up new code that has not loaded after so many seconds; 0
                                      never does [default: 30]
          --no-spare                  Do not import installed modules ahead of the next change [env:
                                      LGX_SPARE=0]
          --no-trace                  Do not record the models and tools that runs call [env:
                                      LGX_TRACE=0]
          --strict                    Do not start when a graph or the `env` of the project does not
                                      load [default where CI is set]
          --no-strict                 Serve what does load [default, but not where CI is set]
          --studio-url <URL>          Open hosted Studio at this URL, such as
                                      https://smith.langchain.com, and not the local one
          --no-studio                 Do not serve the local Studio
          --state-dir <DIR>           Where threads and runs are kept [default: .lgx beside the
                                      configuration]
          --ready-file <PATH>         A file that holds the server's URL while it is ready
          --workers <N>               How many processes execute runs side by side; `auto`: one per core
                                      [default: 1] [env: LGX_WORKERS]
          --n-jobs-per-worker <N>     How many runs each of them executes at once [default: 10]
          --redact-errors             Keep the messages of unexpected exceptions from clients
          --allow-blocking            Say nothing of code that blocks the event loop
          --forbid-blocking           Let a run fail that blocks the event loop
          --server-log-level <LEVEL>  How much the server says: `debug` adds a line for every request
                                      [default: info] [possible values: error, warning, info, debug]
          --python <PATH>             The Python that runs the project: an executable or a virtual
                                      environment [env: LGX_PYTHON]
          --node <PATH>               The Node.js that runs the project's JavaScript: an executable or
                                      the directory that it is installed in [env: LGX_NODE]
    ");
}

#[test]
fn the_help_of_serve_fits_a_screen() {
    assert_snapshot!(Place::new().run(&["serve", "-h"]), @"
    exit code: 0
    --- stdout
    Serve the project in production, for whom its auth lets in

    Usage: lgx serve [OPTIONS] [PATH]

    Arguments:
      [PATH]  The project's directory, or its configuration [default: langgraph.json, here or above]

    Options:
      -c, --config <FILE>             The project's configuration, or the directory it is in
          --host <HOST>               The address to listen on [default: 0.0.0.0, all of this machine]
          --port <PORT>               The port to listen on; 0 takes any free one [default: 8000] [env:
                                      PORT]
          --ssl-certfile <FILE>       Speak HTTPS, with the certificate in this file (PEM)
          --ssl-keyfile <FILE>        The key of the certificate (PEM, not encrypted)
          --no-auth                   Serve a project that has no `auth`: everybody who reaches the
                                      server can run its code
          --allow-host <NAME>         A further name to answer to on this machine where there is no
                                      auth, or `*.NAME`
          --studio                    Serve the local Studio too, to whoever has a token and comes from
                                      this machine
          --drain <TIME>              How long runs may take to end once the server is to stop, such as
                                      90s or 5m [default: 30s]
          --log-format <FORMAT>       How to tell what happens [default: json, and text on a terminal]
                                      [possible values: json, text]
          --instance-name <NAME>      What /metrics calls this server [default: the name of the machine]
          --instance-url <URL>        Where other servers of the database reach this one, such as
                                      http://10.0.0.7:8000 [env: LGX_INSTANCE_URL]
          --no-redact-errors          Tell clients the messages of unexpected exceptions
          --no-strict                 Serve what does load; otherwise a graph that does not ends the
                                      start
          --load-timeout <SECONDS>    Give up a project that has not loaded after so many seconds; 0
                                      never does [default: 30]
          --no-trace                  Do not record the models and tools that runs call [env:
                                      LGX_TRACE=0]
          --state-dir <DIR>           Where threads and runs are kept [default: .lgx beside the
                                      configuration]
          --no-migrate                Do not bring the tables of the database up to date: `lgx migrate`
                                      does that, and a start without it fails
          --ready-file <PATH>         A file that holds the server's URL while it is ready
          --workers <N>               How many processes execute runs side by side; `auto`: one per core
                                      [default: 1] [env: LGX_WORKERS]
          --n-jobs-per-worker <N>     How many runs each of them executes at once [default: 10]
          --allow-blocking            Say nothing of code that blocks the event loop
          --forbid-blocking           Let a run fail that blocks the event loop
          --server-log-level <LEVEL>  How much the server says: `debug` adds a line for every request
                                      [default: info] [possible values: error, warning, info, debug]
          --python <PATH>             The Python that runs the project: an executable or a virtual
                                      environment [env: LGX_PYTHON]
          --node <PATH>               The Node.js that runs the project's JavaScript: an executable or
                                      the directory that it is installed in [env: LGX_NODE]
      -h, --help                      Print help (see more with '--help')
    ");
}

#[test]
fn the_help_of_dev_fits_a_screen() {
    assert_snapshot!(Place::new().run(&["dev", "-h"]), @"
    exit code: 0
    --- stdout
    Serve the project in this directory with the Agent Server API

    Usage: lgx dev [OPTIONS] [PATH]

    Arguments:
      [PATH]  The project's directory, or its configuration [default: langgraph.json, here or above]

    Options:
      -c, --config <FILE>             The project's configuration, or the directory it is in
          --host <HOST>               The address to listen on [default: 127.0.0.1]
          --allow-host <NAME>         A further name to answer to, or `*.NAME` for all below it
          --port <PORT>               The port to listen on; 0 takes any free one [default: 2024]
          --tls                       Speak HTTPS, with a certificate of lgx's own; `lgx trust` has this
                                      machine trust it
          --ssl-certfile <FILE>       Speak HTTPS, with the certificate in this file (PEM)
          --ssl-keyfile <FILE>        The key of the certificate (PEM, not encrypted)
          --no-browser                Do not open Studio in the browser
          --no-reload                 Do not bring up new code when files change
          --reload-wait <SECONDS>     How many seconds a run waits for code that was saved before it was
                                      asked for [default: 10]
          --load-timeout <SECONDS>    Give up new code that has not loaded after so many seconds; 0
                                      never does [default: 30]
          --no-spare                  Do not import installed modules ahead of the next change [env:
                                      LGX_SPARE=0]
          --no-trace                  Do not record the models and tools that runs call [env:
                                      LGX_TRACE=0]
          --strict                    Do not start when a graph or the `env` of the project does not
                                      load [default where CI is set]
          --no-strict                 Serve what does load [default, but not where CI is set]
          --studio-url <URL>          Open hosted Studio at this URL, such as
                                      https://smith.langchain.com, and not the local one
          --no-studio                 Do not serve the local Studio
          --state-dir <DIR>           Where threads and runs are kept [default: .lgx beside the
                                      configuration]
          --ready-file <PATH>         A file that holds the server's URL while it is ready
          --tunnel                    Let the internet reach the server, by an installed `cloudflared`;
                                      the project needs `auth`
          --tunnel-open               The same without `auth`: everybody who has the URL can run the
                                      project's code
          --fresh                     Begin with no threads and runs; those of before are moved aside
          --ephemeral                 Keep threads and runs in a temporary folder that goes with the
                                      server
          --on-reload <COMMAND>       Say whether a command, such as 'pytest -q', passes with each code
                                      that is loaded
          --record                    Record calls of models, and play what is recorded
          --cassettes <DIR>           The folder of recorded calls of models [default: cassettes, beside
                                      the configuration]
          --debug-port <PORT>         Let a debugger attach to the project's code at this port of this
                                      machine; 0 takes any free one
          --wait-for-client           Load the project's code only once a debugger is attached
          --workers <N>               How many processes execute runs side by side; `auto`: one per core
                                      [default: 1] [env: LGX_WORKERS]
          --n-jobs-per-worker <N>     How many runs each of them executes at once [default: 10]
          --redact-errors             Keep the messages of unexpected exceptions from clients
          --allow-blocking            Say nothing of code that blocks the event loop
          --forbid-blocking           Let a run fail that blocks the event loop
          --server-log-level <LEVEL>  How much the server says: `debug` adds a line for every request
                                      [default: info] [possible values: error, warning, info, debug]
          --python <PATH>             The Python that runs the project: an executable or a virtual
                                      environment [env: LGX_PYTHON]
          --node <PATH>               The Node.js that runs the project's JavaScript: an executable or
                                      the directory that it is installed in [env: LGX_NODE]
      -h, --help                      Print help (see more with '--help')
    ");
}

#[test]
fn the_help_of_check_fits_a_screen() {
    assert_snapshot!(Place::new().run(&["check", "-h"]), @"
    exit code: 0
    --- stdout
    Check the project in this directory without serving it

    Usage: lgx check [OPTIONS] [PATH]

    Arguments:
      [PATH]  The project's directory, or its configuration [default: langgraph.json, here or above]

    Options:
      -c, --config <FILE>           The project's configuration, or the directory it is in
          --format <FORMAT>         How the report is written [default: text] [possible values: text,
                                    github, sarif, json]
          --json                    The same as --format json
          --no-import               Only read the project's files: nothing is imported and no
                                    interpreter is started
          --load-timeout <SECONDS>  Give up a part of the project that has not loaded after so many
                                    seconds; 0 never does [default: 30]
          --python <PATH>           The Python that runs the project: an executable or a virtual
                                    environment [env: LGX_PYTHON]
          --node <PATH>             The Node.js that runs the project's JavaScript: an executable or the
                                    directory that it is installed in [env: LGX_NODE]
      -h, --help                    Print help (see more with '--help')
    ");
}

#[test]
fn the_version_is_data() {
    for arguments in [&["--version"], &["version"]] {
        let ran = Place::new().run(arguments);

        assert_eq!(
            (ran.code, ran.stdout.as_str(), ran.stderr.as_str()),
            (
                Some(0),
                concat!("lgx ", env!("CARGO_PKG_VERSION"), "\n"),
                ""
            ),
            "{arguments:?}"
        );
    }
}

#[test]
fn the_script_for_bash_completes_commands_and_flags() {
    let place = Place::new();
    let ran = place.run(&["completions", "bash"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran}");
    place.write("completions.bash", &ran.stdout);

    for (words, completed) in [
        (&["lgx", "comp"][..], "completions"),
        (&["lgx", "dev", "--ready"], "--ready-file"),
    ] {
        let last = words.len() - 1;
        let completing = format!(
            "source completions.bash
            COMP_WORDS=({}) COMP_CWORD={last}
            _lgx lgx {} {}
            echo \"${{COMPREPLY[@]}}\"",
            words.join(" "),
            words[last],
            words[last - 1],
        );
        let output = Command::new("bash")
            .args(["--norc", "-c", &completing])
            .current_dir(place.path(""))
            .output()
            .unwrap();
        assert_eq!(
            String::from_utf8_lossy(&output.stdout).trim(),
            completed,
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

#[test]
fn a_shell_that_is_not_known_is_told_which_are() {
    let ran = Place::new().run(&["completions", "cmd"]);

    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
    assert!(
        ran.stderr.contains("bash") && ran.stderr.contains("fish"),
        "{ran}"
    );
}

#[test]
fn a_wrong_number_of_workers_in_the_environment_is_told_as_on_the_command_line() {
    let place = Place::new();
    let ran = place.ran(place.lgx(&["dev"]).env("LGX_WORKERS", "0"));

    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{ran}");
    assert!(ran.stderr.contains("from 1 to 255, or `auto`"), "{ran}");
    // It is no flag of what does not serve.
    let listed = place.ran(place.lgx(&["new", "--list"]).env("LGX_WORKERS", "2"));
    assert_eq!(listed.code, Some(0), "{listed}");
}

#[test]
fn a_wrong_command_line_exits_with_2_and_says_what_is_wrong() {
    for (arguments, said) in [
        (&["dev", "--no-such-flag"][..], "--no-such-flag"),
        (&["dev", "--port", "99999"], "99999"),
        (&["dev", "--port", "abc"], "abc"),
        (&["dev", "--host", "example.com"], "give an IP address"),
        (&["dev", "--n-jobs-per-worker", "0"], "0 is not in 1.."),
        (&["dev", "--workers", "0"], "from 1 to 255, or `auto`"),
        (&["dev", "--workers", "many"], "from 1 to 255, or `auto`"),
        (&["dev", "--studio-url", "smith"], "https://"),
        (&["dev", "--server-log-level", "loud"], "loud"),
        (
            &["dev", "--tls", "--ssl-certfile", "c", "--ssl-keyfile", "k"],
            "--ssl-certfile",
        ),
        (&["dev", "--ssl-certfile", "c.pem"], "--ssl-keyfile"),
        (&["dev", "--ssl-keyfile", "k.pem"], "--ssl-certfile"),
        (&["dev", "--tunnel-open"], "--tunnel"),
        (&["new", "a", "--port", "3000"], "--dev"),
        (
            &["new", "a", "--ssl-certfile", "c", "--ssl-keyfile", "k"],
            "--dev",
        ),
        (&["new", "a", "--list"], "--list"),
        (&["deploy"], "deploy"),
    ] {
        let ran = Place::new().run(arguments);

        assert_eq!(ran.code, Some(2), "{arguments:?}\n{ran}");
        assert!(ran.stderr.contains(said), "{arguments:?}\n{ran}");
        assert_eq!(ran.stdout, "", "{arguments:?}");
    }
}

#[test]
fn the_help_of_run_fits_a_screen() {
    assert_snapshot!(Place::new().run(&["run", "-h"]), @"
    exit code: 0
    --- stdout
    Run a graph once and print what it answers

    Usage: lgx run [OPTIONS] <GRAPH> [INPUT]

    Arguments:
      <GRAPH>  The graph, as langgraph.json names it, or the id of an assistant
      [INPUT]  What goes in, as JSON: the text itself, @FILE, or - for stdin

    Options:
      -m, --message <TEXT>       Send this as a message of the user
          --resume <JSON>        Answer what the thread waits for, with JSON or a text
          --stream <MODE>        Print what the run streams in this mode, as JSON, one event a line
                                 [possible values: values, updates, messages, messages-tuple, tasks,
                                 checkpoints, custom, events, debug]
          --subgraphs            Stream what subgraphs do, too
          --json                 Print every event as a line of JSON with `event` and `data`, and
                                 nothing else
      -q, --quiet                Say nothing on stderr but what went wrong
          --thread <ID>          The thread to go on with; a new one where there is none of this id
          --context <JSON>       The context of the run, as JSON
          --configurable <JSON>  The `configurable` of the run's config, as JSON
      -c, --config <FILE>        The project's configuration, or the directory it is in [default:
                                 langgraph.json, here or above]
          --url <URL>            A server to use, whichever project it serves [env: LGX_URL]
          --header <NAME:VALUE>  A header for the project's auth, in place of the developer's way in
          --state-dir <DIR>      Where the server of this project keeps its state [default: .lgx beside
                                 the configuration]
      -v, --verbose              Show what a server of its own says
          --python <PATH>        The Python of a server of its own: an executable or a virtual
                                 environment [env: LGX_PYTHON]
          --node <PATH>          The Node.js of a server of its own: an executable or the directory that
                                 it is installed in [env: LGX_NODE]
      -h, --help                 Print help (see more with '--help')

    Exit codes: 0 done, 1 failed, 2 wrong command line or input, 3 the graph waits for an answer, 130
    interrupted with Ctrl-C
    ");
}

#[test]
fn the_help_of_chat_fits_a_screen() {
    assert_snapshot!(Place::new().run(&["chat", "-h"]), @"
    exit code: 0
    --- stdout
    Talk to a graph, message by message

    Usage: lgx chat [OPTIONS] <GRAPH>

    Arguments:
      <GRAPH>  The graph, as langgraph.json names it, or the id of an assistant

    Options:
          --thread <ID>          The thread to go on with; a new one where there is none of this id
          --context <JSON>       The context of the run, as JSON
          --configurable <JSON>  The `configurable` of the run's config, as JSON
      -c, --config <FILE>        The project's configuration, or the directory it is in [default:
                                 langgraph.json, here or above]
          --url <URL>            A server to use, whichever project it serves [env: LGX_URL]
          --header <NAME:VALUE>  A header for the project's auth, in place of the developer's way in
          --state-dir <DIR>      Where the server of this project keeps its state [default: .lgx beside
                                 the configuration]
      -v, --verbose              Show what a server of its own says
          --python <PATH>        The Python of a server of its own: an executable or a virtual
                                 environment [env: LGX_PYTHON]
          --node <PATH>          The Node.js of a server of its own: an executable or the directory that
                                 it is installed in [env: LGX_NODE]
      -h, --help                 Print help (see more with '--help')
    ");
}

#[test]
fn input_that_cannot_be_used_is_told_before_anything_is_started() {
    let place = Place::new();
    assert_snapshot!(place.run(&["run", "agent", "hello there"]), @"
    exit code: 2
    --- stderr
    error: the input:1:1 is not JSON: expected value
    help: a text for the graph is a message: lgx run agent --message 'TEXT'
    ");
    assert_snapshot!(place.run(&["run", "agent", r#"{"a": 1,}"#]), @"
    exit code: 2
    --- stderr
    error: the input:1:9 is not JSON: trailing comma
    ");
    assert_snapshot!(place.run(&["run", "agent", "--thread", "mine"]), @"
    exit code: 2
    --- stderr
    error: `mine` is no id of a thread
    help: threads are named by UUIDs
    ");
    assert_snapshot!(place.run(&["run", "agent", "--resume", "yes"]), @"
    exit code: 2
    --- stderr
    error: the following required arguments were not provided:
      --thread <ID>

    Usage: lgx run --thread <ID> --resume <JSON> <GRAPH> [INPUT]

    For more information, try '--help'.
    ");
    assert_snapshot!(place.run(&["chat", "agent", "--url", "ftp://a.example"]), @"
    exit code: 1
    --- stderr
    error: `ftp://a.example` is not the address of a server
    help: give one such as http://127.0.0.1:2024
    ");
}

#[test]
fn the_help_of_exec_fits_a_screen() {
    assert_snapshot!(Place::new().run(&["exec", "-h"]), @"
    exit code: 0
    --- stdout
    Run a command, such as the tests, against a server that lives as long as it does

    Usage: lgx exec [OPTIONS] -- <COMMAND>...

    Arguments:
      <COMMAND>...  The command to run, with its arguments

    Options:
      -c, --config <FILE>             The project's configuration, or the directory it is in [default:
                                      langgraph.json, here or above]
      -v, --verbose                   Show what the server says at once
          --summary                   Add a summary of the job to the file that `GITHUB_STEP_SUMMARY`
                                      names
          --mode <MODE>               Whether calls of models are recorded and played: `auto` asks for
                                      what is missing, `replay` needs no key and no network [default:
                                      off] [possible values: off, auto, record, replay]
          --cassettes <DIR>           The folder of recorded calls of models [default: cassettes, beside
                                      the configuration]
          --port <PORT>               The port to listen on [default: any free one]
          --load-timeout <SECONDS>    Give up a project that has not loaded after so many seconds; 0
                                      never does [default: 30]
          --no-strict                 Serve what does load; otherwise a graph or an `env` that does not
                                      ends the start
          --workers <N>               How many processes execute runs side by side; `auto`: one per core
                                      [default: 1] [env: LGX_WORKERS]
          --n-jobs-per-worker <N>     How many runs each of them executes at once [default: 10]
          --redact-errors             Keep the messages of unexpected exceptions from clients
          --allow-blocking            Say nothing of code that blocks the event loop
          --forbid-blocking           Let a run fail that blocks the event loop
          --server-log-level <LEVEL>  How much the server says: `debug` adds a line for every request
                                      [default: info] [possible values: error, warning, info, debug]
          --python <PATH>             The Python that runs the project: an executable or a virtual
                                      environment [env: LGX_PYTHON]
          --node <PATH>               The Node.js that runs the project's JavaScript: an executable or
                                      the directory that it is installed in [env: LGX_NODE]
          --state-dir <DIR>           Where threads and runs are kept, and stay [default: a directory
                                      that is removed at the end]
      -h, --help                      Print help (see more with '--help')

    Exit codes: that of the command; 128+N when signal N ended it, 127 when there is no such command,
    126 when it cannot be run, 1 when the project does not load or the server ends first
    ");
}

#[test]
fn a_state_has_one_life() {
    for flags in [
        &["--fresh", "--ephemeral"][..],
        &["--fresh", "--state-dir", "s"],
        &["--ephemeral", "--state-dir", "s"],
    ] {
        let ran = Place::new().run(&[&["dev"], flags].concat());
        assert_eq!(ran.code, Some(2), "{ran}");
        assert!(ran.stderr.contains("cannot be used with"), "{ran}");
    }
}
