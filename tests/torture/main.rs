//! What takes minutes: a server that is killed some hundred times, instances that are killed, frozen and drained while their database falls,
//! and a project that is edited a thousand times, all under load. `just torture`, `just torture-instances` and `just torture-reload` run it.

#[cfg(target_os = "linux")]
fn main() -> anyhow::Result<()> {
    use std::io::{Write, stdout};
    use std::time::{SystemTime, UNIX_EPOCH};

    use clap::{Parser, Subcommand};
    use lgx_tests::{Editing, Torture};

    /// Kills a server, or edits its project, again and again under load, and verifies that nothing is lost
    #[derive(Parser)]
    struct Arguments {
        #[command(subcommand)]
        what: What,
        /// The seed of the plan; another one each time unless it is given
        #[arg(long, global = true)]
        seed: Option<u64>,
    }

    #[derive(Subcommand)]
    enum What {
        /// Kill it, and verify that what it acknowledged is there
        Kill {
            /// How many kills
            #[arg(long, default_value_t = 200)]
            kills: usize,
            /// After how many of them everything is verified
            #[arg(long, default_value_t = 25)]
            round: usize,
            /// How many clients work on threads, beside those of items, assistants, crons and stateless runs
            #[arg(long, default_value_t = 8)]
            clients: u64,
        },
        /// Strike several instances on one Postgres, and verify the same
        Instances {
            /// How many faults
            #[arg(long, default_value_t = 60)]
            faults: usize,
            /// After how many of them everything is verified
            #[arg(long, default_value_t = 15)]
            round: usize,
            /// How many clients work on threads, beside those of items, assistants, crons and stateless runs
            #[arg(long, default_value_t = 6)]
            clients: u64,
            /// How many instances
            #[arg(long, default_value_t = 3)]
            instances: usize,
        },
        /// Edit its project, and verify that no client notices
        Edit {
            /// How many edits
            #[arg(long, default_value_t = 1000)]
            edits: usize,
            /// How many clients stream runs, beside those that ask for other things
            #[arg(long, default_value_t = 20)]
            clients: usize,
        },
    }

    let arguments = Arguments::parse();
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let seed = arguments.seed.unwrap_or(u64::from(now.subsec_nanos()));
    let mut stdout = stdout();
    writeln!(stdout, "seed {seed}")?;
    let mut progress = |told: &str| drop(writeln!(stdout, "{told}"));
    let summary = match arguments.what {
        What::Kill {
            kills,
            round,
            clients,
        } => {
            let torture = Torture {
                seed,
                kills,
                round: round.max(1),
                clients,
                instances: 1,
            };
            torture.run(&mut progress)?.to_string()
        }
        What::Instances {
            faults,
            round,
            clients,
            instances,
        } => {
            let torture = Torture {
                seed,
                kills: faults,
                round: round.max(1),
                clients,
                instances: instances.max(2),
            };
            torture.run(&mut progress)?.to_string()
        }
        What::Edit { edits, clients } => {
            let editing = Editing {
                seed,
                edits,
                clients,
            };
            editing.run(&mut progress)?.to_string()
        }
    };
    write!(stdout, "\n{summary}")?;
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn main() -> anyhow::Result<()> {
    anyhow::bail!("this watches processes as only Linux shows them")
}
