//! A server, or several instances on one database, struck again and again under clients of all kinds, and the check that nothing is lost of
//! what they acknowledged.
//!
//! Each client works on objects that no other one touches, and keeps a record of what each of them has to be. A request whose
//! answer was cut off by a kill may have been carried out or not: its client looks which of the two it is, accepts both and no
//! third, and goes on from there. So at any time the record of an object is exact. After each round of kills everything is killed
//! once more, and all records are held against what the server then has.
//!
//! The seed decides what clients do, what is killed, and after how many requests. What happens in between is up to the machine: the same
//! seed repeats the plan, not the instants.

mod assistants;
mod crons;
mod faults;
mod instances;
mod items;
mod kills;
mod ledger;
mod plan;
mod record;
mod run;
mod run_kinds;
mod served;
mod stateless;
mod summary;
mod target;
mod threads;
mod webhooks;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, bail};

use self::instances::Instances;
use self::kills::Killer;
use self::ledger::Ledger;
use self::record::Record;
use self::served::Served;
use self::target::Target;
use self::webhooks::Webhooks;
use crate::Random;

pub use self::summary::Summary;

/// How much torture.
#[derive(Debug, Clone)]
pub struct Torture {
    /// What decides what is done, and when.
    pub seed: u64,
    /// How many kills.
    pub kills: usize,
    /// After how many of them everything is verified.
    pub round: usize,
    /// How many clients work on threads and their runs, beside those of the other nouns.
    pub clients: u64,
    /// How many instances serve, on one database; one server alone keeps its state in a folder.
    pub instances: usize,
}

/// What clients have in common.
struct Setting {
    served: Served,
    webhooks: Webhooks,
    ledger: Ledger,
    stop: AtomicBool,
    /// Whether several instances serve it.
    is_shared: bool,
}

impl Torture {
    /// Does all of it, and tells `progress` of each kill and each round.
    ///
    /// # Errors
    /// What was lost or wrong.
    pub fn run(&self, progress: &mut dyn FnMut(&str)) -> Result<Summary> {
        self.attempt(progress)
            .with_context(|| format!("seed {}", self.seed))
    }

    fn attempt(&self, progress: &mut dyn FnMut(&str)) -> Result<Summary> {
        let setting = Arc::new(Setting {
            served: Served::default(),
            webhooks: Webhooks::listen()?,
            ledger: Ledger::new()?,
            stop: AtomicBool::new(false),
            is_shared: self.instances > 1,
        });
        let random = Random::new(self.seed);
        let (served, project) = (&setting.served, setting.ledger.project()?);
        if self.instances > 1 {
            let several = Instances::start(served, project, random.fork(0), self.instances)?;
            self.strike(&setting, several, random, progress)
        } else {
            let one = Killer::start(served, project, random.fork(0))?;
            self.strike(&setting, one, random, progress)
        }
    }

    fn strike(
        &self,
        setting: &Arc<Setting>,
        mut target: impl Target,
        mut random: Random,
        progress: &mut dyn FnMut(&str),
    ) -> Result<Summary> {
        let mut records = Vec::new();
        let mut done = 0;
        while done < self.kills {
            let round = self.round.min(self.kills - done);
            let seed = Random::new(random.below(u64::MAX));
            records.extend(under_load(setting, &seed, self.clients, || {
                (0..round).try_for_each(|_| {
                    done += 1;
                    let told = target.strike()?;
                    progress(&format!("{done} of {}: {told}", self.kills));
                    Ok(())
                })
            })?);
            target.kill_everything()?;
            let verified = record::verify(setting, &records)
                .with_context(|| format!("after {done} kills; {}", setting.served.last_words()))?;
            progress(&format!("verified after {done} kills: {verified}"));
        }
        let blows = target.finish()?;
        Ok(Summary::of(self, setting, blows, &records))
    }
}

/// Lets clients work while `meanwhile` happens, and gives the records that they leave.
fn under_load(
    setting: &Arc<Setting>,
    seed: &Random,
    threads: u64,
    meanwhile: impl FnOnce() -> Result<()>,
) -> Result<Vec<Box<dyn Record>>> {
    type Client = fn(&Setting, Random) -> Result<Vec<Box<dyn Record>>>;
    let others: [(&str, Client); 5] = [
        ("items", items::work),
        ("assistants", assistants::work),
        ("crons", crons::work),
        ("stateless runs", stateless::work),
        ("stateless runs", stateless::work),
    ];
    let threads = (0..threads).map(|_| ("threads", threads::work as Client));
    setting.stop.store(false, Ordering::Relaxed);
    let clients: Vec<_> = (1..)
        .zip(threads.chain(others))
        .map(|(number, (noun, client))| {
            let (setting, random) = (Arc::clone(setting), seed.fork(number));
            std::thread::spawn(move || {
                let left = client(&setting, random);
                if let Err(error) = &left {
                    setting
                        .served
                        .give_up(&format!("a client of {noun} failed: {error:#}"));
                }
                left.with_context(|| format!("a client of {noun}"))
            })
        })
        .collect();
    let meanwhile = meanwhile();
    setting.stop.store(true, Ordering::Relaxed);
    if let Err(error) = &meanwhile {
        setting.served.give_up(&format!("{error:#}"));
    }
    let mut records = Vec::new();
    let mut failures = Vec::new();
    for client in clients {
        match client.join() {
            Ok(Ok(left)) => records.extend(left),
            Ok(Err(error)) => failures.push(format!("{error:#}")),
            Err(_) => failures.push("a client panicked".to_owned()),
        }
    }
    failures.extend(meanwhile.err().map(|error| format!("{error:#}")));
    if !failures.is_empty() {
        bail!("{}\n{}", failures.join("\n"), setting.served.last_words());
    }
    Ok(records)
}

impl Setting {
    fn goes_on(&self) -> bool {
        !self.stop.load(Ordering::Relaxed)
    }
}
