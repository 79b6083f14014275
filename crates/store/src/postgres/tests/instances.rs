//! Several instances on one database: a thread is live at one of them, and one that was taken for dead writes nothing any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lgx_model::query::AssistantQuery;
use lgx_model::{InstanceId, RunStatus, ThreadId};
use lgx_test_postgres::TestDatabase;
use serde_json::json;

use super::{address, database};
use crate::assistants::DefaultAssistant;
use crate::checkpoints::{NewWrites, RunWriter};
use crate::events::{Append, Change};
use crate::examples::{ALL, at, channel, new_run, row, success, write};
use crate::instances::{Duty, Home, Instance, Sharing};
use crate::runs::{
    Admission, Admitted, CancelTarget, Claim, Claimed, Finish, NewRun, PackedRecord, RecordSoFar,
    Recovered, RunLog, RunRecord, StopOrder,
};
use crate::store::Backend;
use crate::{Authority, Connecting, Store, StoreError};

/// An instance that has shown itself.
async fn instance(database: &TestDatabase) -> (Store, Authority) {
    let instance_id = InstanceId::fresh();
    let how = Connecting {
        migrates: true,
        sharing: Sharing::With(Instance {
            instance_id,
            url: Some(format!("http://{instance_id}.test")),
            fingerprint: "ours".to_owned(),
        }),
    };
    let (store, authority) = Store::connect(&address(database), how).await.unwrap();
    assert!(store.beat(|| ()).await.unwrap().is_new);
    (store, authority)
}

fn id_of(store: &Store) -> InstanceId {
    store.instance().unwrap().instance_id
}

fn at_home(store: &Store) -> Home {
    Home::At {
        instance: id_of(store),
        url: store.instance().unwrap().url.clone(),
    }
}

/// Has the database not have heard of an instance for a minute.
async fn falls_silent(store: &Store) {
    let Backend::Postgres(postgres) = &store.backend else {
        return;
    };
    let sql = "UPDATE instances SET beat_at = now() - interval '1 minute' WHERE instance_id = $1";
    let session = postgres.look().await.unwrap();
    session.execute(sql, &[&id_of(store).uuid()]).await.unwrap();
}

async fn recovered(store: &Store) -> Recovered {
    let stopped = |order: &StopOrder| Finish {
        status: RunStatus::Interrupted,
        rollback: order.rollback,
        ..success(json!({}), 9)
    };
    store.recover_runs(at(9), stopped).await.unwrap()
}

fn on_new_thread(seconds: i64) -> NewRun {
    NewRun {
        create_thread: true,
        ..new_run(ThreadId::fresh(), seconds)
    }
}

async fn admit(store: &Store, authority: &Authority, new: NewRun) -> Admission {
    store.admit(new, &authority.everything()).await.unwrap()
}

async fn started(store: &Store, authority: &Authority) -> Admitted {
    match admit(store, authority, on_new_thread(1)).await {
        Admission::Started(admitted) => *admitted,
        other => panic!("{other:?}"),
    }
}

async fn claimed(store: &Store) -> Option<Claimed> {
    let claimed = store.claim(at(100), |_| ()).await.unwrap();
    claimed.map(|(claimed, ())| claimed)
}

/// A run that notes whether a write of it was refused.
struct Writer {
    claim: Claim,
    refused: AtomicBool,
}

impl RunWriter for Writer {
    fn claim(&self) -> Claim {
        self.claim
    }

    fn may_write(&self) -> bool {
        true
    }

    fn write_failed(&self, error: &StoreError) {
        panic!("{error}");
    }

    fn write_refused(&self) {
        self.refused.store(true, Ordering::Release);
    }
}

/// Whether each kind of write of a run is refused: a checkpoint, writes of tasks, an event, a record, one more attempt, its end.
async fn refusals(store: &Store, claim: Claim) -> [bool; 6] {
    let Claim {
        thread_id, run_id, ..
    } = claim;
    let writer = || {
        Arc::new(Writer {
            claim,
            refused: AtomicBool::new(false),
        })
    };
    let was_refused = |writer: &Writer| writer.refused.load(Ordering::Acquire);
    let checkpoint = writer();
    let by: Arc<dyn RunWriter> = Arc::clone(&checkpoint) as _;
    let (head, values) = (
        row(thread_id, "1", None, json!({"a": "1"})),
        vec![channel("a", "1", "value")],
    );
    store
        .put_checkpoint(Some(by), head, values)
        .await
        .await
        .unwrap();
    let of_tasks = writer();
    let by: Arc<dyn RunWriter> = Arc::clone(&of_tasks) as _;
    let of_step = NewWrites {
        thread_id,
        checkpoint_ns: String::new(),
        checkpoint_id: "1".to_owned(),
        run_id: Some(run_id.to_string()),
        writes: vec![write("task", 0, "", "1")],
    };
    store
        .put_checkpoint_writes(Some(by), of_step)
        .await
        .await
        .unwrap();
    let events = store.get_events_of_thread(thread_id).await.unwrap();
    let kept = events.events.len();
    let event = Append {
        run_id,
        claim: Some(claim),
        millis: 5,
        serial: u32::try_from(kept).unwrap(),
        seq: 1,
        frames: 1,
        name: "values".into(),
        data: b"{}".to_vec(),
    };
    let changes = vec![(thread_id, Change::Append(event))];
    store.change_events(changes).await.await.unwrap();
    let events = store.get_events_of_thread(thread_id).await.unwrap();
    let no_event = events.events.len() == kept;
    let before = store.get_record_of_own_run(run_id).await.unwrap();
    let record = RunRecord {
        steps_dropped: u64::try_from(claim.number).unwrap(),
        ..RunRecord::default()
    };
    let record = Arc::new(PackedRecord::of(&record, &RunLog::default()).unwrap());
    let so_far = vec![RecordSoFar { claim, record }];
    store.keep_records(so_far).await.unwrap();
    let no_record = store.get_record_of_own_run(run_id).await.unwrap() == before;
    let again = store.execute_again(claim, false, None, || ()).await;
    let end = Arc::new(success(json!({"n": claim.number}), 9));
    let ended = store.finish(claim, end, None, || Ok::<_, ()>(()), |_| ());
    let ended = ended.await.unwrap().unwrap();
    [
        was_refused(&checkpoint),
        was_refused(&of_tasks),
        no_event,
        no_record,
        again.unwrap().is_none(),
        ended.run.is_none(),
    ]
}

#[tokio::test]
async fn one_that_was_taken_for_dead_writes_nothing_and_another_goes_on() {
    let Some(database) = database() else { return };
    let (zombie, authority) = instance(&database).await;
    let (other, _) = instance(&database).await;
    let run = started(&zombie, &authority).await;
    assert_eq!(recovered(&other).await, Recovered::default());
    assert_eq!(claimed(&other).await, None);

    falls_silent(&zombie).await;
    let recovered = recovered(&other).await;
    assert_eq!(recovered.going_on.len(), 1);
    assert_eq!(recovered.going_on[0].run_id, run.run.run_id);
    assert_eq!(recovered.going_on[0].attempt, 2);
    // Nobody has claimed it yet.
    assert_eq!(refusals(&zombie, run.claim).await, [true; 6]);
    let claimed = claimed(&other).await.unwrap();
    assert_eq!(claimed.run.run_id, run.run.run_id);
    assert_eq!(refusals(&zombie, run.claim).await, [true; 6]);
    // Its own writes are taken.
    assert_eq!(refusals(&other, claimed.claim).await, [false; 6]);

    // It hears of that with the next sign of life.
    assert!(zombie.beat(|| ()).await.unwrap().is_new);
    assert!(!zombie.beat(|| ()).await.unwrap().is_new);
}

#[tokio::test]
async fn a_zombie_may_even_use_the_same_connection_for_a_run_that_it_claims_anew() {
    let Some(database) = database() else { return };
    let (zombie, authority) = instance(&database).await;
    let (other, _) = instance(&database).await;
    let old = started(&zombie, &authority).await.claim;
    falls_silent(&zombie).await;
    recovered(&other).await;
    assert!(zombie.beat(|| ()).await.unwrap().is_new);
    let anew = claimed(&zombie).await.unwrap();
    assert_eq!(anew.claim.run_id, old.run_id);
    assert!(anew.claim.number > old.number);
    assert_eq!(refusals(&zombie, old).await, [true; 6]);
    assert_eq!(refusals(&zombie, anew.claim).await, [false; 6]);
}

#[tokio::test]
async fn a_thread_is_live_where_its_first_run_was_admitted_until_that_one_leaves() {
    let Some(database) = database() else { return };
    let (here, authority) = instance(&database).await;
    let (there, _) = instance(&database).await;
    let run = started(&here, &authority).await;
    let thread_id = run.run.thread_id;
    assert!(here.is_home_of(thread_id) && !there.is_home_of(thread_id));
    assert_eq!(there.home_of(thread_id).await.unwrap(), at_home(&here));
    assert_eq!(there.take_home(thread_id).await.unwrap(), at_home(&here));
    let refused = admit(&there, &authority, new_run(thread_id, 2)).await;
    assert_eq!(refused, Admission::Elsewhere(at_home(&here)));
    // What need not be watched waits for whoever is at home.
    let waits = NewRun {
        may_wait_elsewhere: true,
        ..new_run(thread_id, 2)
    };
    let waits_for = waits.run.run_id;
    let queued = admit(&there, &authority, waits).await;
    assert!(
        matches!(queued, Admission::QueuedElsewhere(_)),
        "{queued:?}"
    );
    let end = Arc::new(success(json!({}), 3));
    let ended = here.finish(run.claim, end, None, || Ok::<_, ()>(()), |_| ());
    ended.await.unwrap().unwrap();
    assert_eq!(claimed(&there).await, None);

    here.drain().await.unwrap();
    let taken = claimed(&there).await.unwrap();
    assert_eq!(taken.run.run_id, waits_for);
    assert_eq!(here.home_of(thread_id).await.unwrap(), at_home(&there));
    there.close().await;
    assert_eq!(here.home_of(thread_id).await.unwrap(), Home::Nobody);
}

#[tokio::test]
async fn what_one_hands_back_that_leaves_goes_on_elsewhere_and_was_no_attempt() {
    let Some(database) = database() else { return };
    let (leaves, authority) = instance(&database).await;
    let (other, _) = instance(&database).await;
    let run = started(&leaves, &authority).await;
    leaves.drain().await.unwrap();
    // It still executes it.
    assert_eq!(claimed(&other).await, None);
    assert!(leaves.hand_back(run.claim, false).await.unwrap());
    assert!(!leaves.hand_back(run.claim, false).await.unwrap());
    let taken = claimed(&other).await.unwrap();
    assert_eq!((taken.attempt, taken.claim.is_repeated()), (1, true));
    assert_eq!(refusals(&leaves, run.claim).await, [true; 6]);
}

#[tokio::test]
async fn a_report_is_told_by_one_instance_and_by_another_once_that_one_is_gone() {
    let Some(database) = database() else { return };
    let (one, authority) = instance(&database).await;
    let (other, _) = instance(&database).await;
    let mut new = on_new_thread(1);
    new.run.kwargs.webhook = Some("https://example.com/hook".into());
    let Admission::Started(run) = admit(&one, &authority, new).await else {
        panic!("it starts")
    };
    let end = Arc::new(success(json!({}), 3));
    let ended = one.finish(run.claim, end, None, || Ok::<_, ()>(()), |_| ());
    let report = ended.await.unwrap().unwrap().report.unwrap();
    assert_eq!(other.take_reports().await.unwrap(), []);
    assert_eq!(one.take_reports().await.unwrap(), []);

    falls_silent(&one).await;
    recovered(&other).await;
    let taken = other.take_reports().await.unwrap();
    assert_eq!(taken.len(), 1, "{taken:?}");
    assert_eq!(taken[0].id, report.id);
    assert_eq!(other.take_reports().await.unwrap(), []);
    // One that was taken for dead tells nobody any more.
    assert!(!one.begin_report_try(report.id, at(5)).await.unwrap());
    assert!(other.begin_report_try(report.id, at(5)).await.unwrap());
}

#[tokio::test]
async fn a_sealed_user_is_there_until_its_run_ends_however_it_does() {
    let Some(database) = database() else { return };
    let (store, authority) = instance(&database).await;
    let sealed = || NewRun {
        user_sealed: Some(vec![1, 0, 255]),
        ..on_new_thread(1)
    };
    let Admission::Started(run) = admit(&store, &authority, sealed()).await else {
        panic!("it starts")
    };
    let run_id = run.run.run_id;
    let user = store.get_sealed_user(run_id).await.unwrap();
    assert_eq!(user, Some(vec![1, 0, 255]));
    let end = Arc::new(success(json!({}), 3));
    let ended = store.finish(run.claim, end, None, || Ok::<_, ()>(()), |_| ());
    ended.await.unwrap().unwrap();
    assert_eq!(store.get_sealed_user(run_id).await.unwrap(), None);

    let waits = NewRun {
        may_start: false,
        ..sealed()
    };
    let run_id = waits.run.run_id;
    admit(&store, &authority, waits).await;
    assert!(store.get_sealed_user(run_id).await.unwrap().is_some());
    let all = CancelTarget::Status(vec![RunStatus::Pending]);
    let (order, everything) = (StopOrder::displaced(false), authority.everything());
    let cancelled = store.cancel_runs(all, order, at(4), &everything, |_| ());
    cancelled.await.unwrap();
    assert_eq!(store.get_sealed_user(run_id).await.unwrap(), None);
}

#[tokio::test]
async fn default_assistants_are_those_of_what_is_served_last() {
    let Some(database) = database() else { return };
    let (old, authority) = instance(&database).await;
    let (new, _) = instance(&database).await;
    let sync = async |store: &Store, graphs: &[&str]| {
        let graphs = graphs.iter().map(|graph| DefaultAssistant {
            graph_id: (*graph).to_owned(),
            name: (*graph).to_owned(),
            description: None,
        });
        let synced = store.sync_default_assistants(graphs.collect(), at(1));
        synced.await.unwrap();
        let everything = authority.everything();
        let found = store.search_assistants(AssistantQuery::default(), ALL, &everything);
        let mut found: Vec<_> = found
            .await
            .unwrap()
            .rows
            .into_iter()
            .map(|assistant| assistant.graph_id)
            .collect();
        found.sort();
        found.join(" ")
    };
    assert_eq!(sync(&old, &["agent", "gone"]).await, "agent gone");
    assert_eq!(sync(&new, &["added", "agent"]).await, "added agent");
    // While both are there, one that starts with the old code changes nothing, nor does one that begins anew.
    let (late, _) = instance(&database).await;
    assert_eq!(sync(&late, &["gone", "agent"]).await, "added agent");
    assert_eq!(sync(&old, &["agent", "gone"]).await, "added agent");
    // Once nobody serves the new code any more, the old one is what is served.
    new.close().await;
    let (again, _) = instance(&database).await;
    assert_eq!(sync(&again, &["agent", "gone"]).await, "agent gone");
}

#[tokio::test]
async fn one_of_them_has_a_duty_and_the_next_takes_it_when_that_one_is_gone() {
    let Some(database) = database() else { return };
    let (one, _) = instance(&database).await;
    let (other, _) = instance(&database).await;
    assert!(one.take_duty(Duty::Upkeep).await.unwrap());
    assert!(one.take_duty(Duty::Upkeep).await.unwrap());
    assert!(!other.take_duty(Duty::Upkeep).await.unwrap());
    assert!(*one.on_duty().borrow() && !*other.on_duty().borrow());
    one.close().await;
    assert!(other.take_duty(Duty::Upkeep).await.unwrap());
    assert!(*other.on_duty().borrow());
}

#[tokio::test]
async fn a_server_that_is_alone_and_one_of_several_keep_each_other_out() {
    let Some(database) = database() else { return };
    let alone = Connecting {
        migrates: true,
        sharing: Sharing::Alone,
    };
    let (one, _) = instance(&database).await;
    let (other, _) = instance(&database).await;
    let refused = Store::connect(&address(&database), alone.clone()).await;
    assert!(matches!(refused, Err(StoreError::DatabaseInUse)));
    one.close().await;
    other.close().await;
    Store::connect(&address(&database), alone).await.unwrap();
}

#[tokio::test]
async fn a_run_that_was_to_stop_ends_as_it_was_told_when_its_instance_dies() {
    let Some(database) = database() else { return };
    let (dies, authority) = instance(&database).await;
    let (other, _) = instance(&database).await;
    let run = started(&dies, &authority).await.run;
    let which = crate::runs::CancelTarget::Runs(run.thread_id, vec![run.run_id]);
    let order = StopOrder::displaced(false);
    let everything = authority.everything();
    let told = other.cancel_runs(which, order.clone(), at(2), &everything, |found| found);
    assert_eq!(told.await.unwrap().running, [run.run_id]);
    let beat = dies.beat(|| ()).await.unwrap();
    assert_eq!(beat.executing[0].stop, Some(order));

    falls_silent(&dies).await;
    let recovered = recovered(&other).await;
    assert_eq!(recovered.stopped.len(), 1);
    assert_eq!(recovered.stopped[0].run.status, RunStatus::Interrupted);
    assert_eq!(other.home_of(run.thread_id).await.unwrap(), Home::Here);
    assert_eq!(claimed(&other).await, None);
}

#[tokio::test]
async fn one_with_another_secret_is_kept_out_while_others_are_there() {
    let Some(database) = database() else { return };
    let (ours, _) = instance(&database).await;
    ours.check_secret().await.unwrap();
    let stranger = async || {
        let how = Connecting {
            migrates: true,
            sharing: Sharing::With(Instance {
                instance_id: InstanceId::fresh(),
                url: None,
                fingerprint: "another".to_owned(),
            }),
        };
        let (store, _) = Store::connect(&address(&database), how).await.unwrap();
        store.beat(|| ()).await.unwrap();
        store
    };
    let kept_out = stranger().await;
    let refused = kept_out.check_secret().await;
    assert!(
        matches!(refused, Err(StoreError::OtherSecret)),
        "{refused:?}"
    );
    ours.check_secret().await.unwrap();
    ours.close().await;
    stranger().await.check_secret().await.unwrap();
}
