//! Which instance a thread goes to that is not there yet: all instances find the same one without asking each other, so that who watches a
//! thread before it is made meets who makes it.

use lgx_model::{InstanceId, ThreadId};
use ring::digest::{SHA256, digest};

/// The one of these instances that has the thread (rendezvous hashing): when another one comes or goes, few threads move.
pub(super) fn elected(
    thread_id: ThreadId,
    instances: impl IntoIterator<Item = InstanceId>,
) -> Option<InstanceId> {
    instances
        .into_iter()
        .max_by_key(|instance| weight(thread_id, *instance))
}

fn weight(thread_id: ThreadId, instance: InstanceId) -> [u8; 32] {
    let mut both = [0; 32];
    both[..16].copy_from_slice(thread_id.uuid().as_bytes());
    both[16..].copy_from_slice(instance.uuid().as_bytes());
    let mut weight = [0; 32];
    weight.copy_from_slice(digest(&SHA256, &both).as_ref());
    weight
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_elects_the_same_one_whatever_the_order() {
        let instances: Vec<_> = (0..5).map(|_| InstanceId::fresh()).collect();
        let backwards = || instances.iter().rev().copied();
        for _ in 0..50 {
            let thread_id = ThreadId::fresh();
            let one = elected(thread_id, instances.iter().copied());
            assert!(one.is_some());
            assert_eq!(one, elected(thread_id, backwards()));
        }
        assert_eq!(elected(ThreadId::fresh(), []), None);
    }

    #[test]
    fn threads_are_spread_and_stay_when_another_instance_goes() {
        let instances: Vec<_> = (0..3).map(|_| InstanceId::fresh()).collect();
        let mut had = [0; 3];
        for _ in 0..300 {
            let thread_id = ThreadId::fresh();
            let one = elected(thread_id, instances.iter().copied()).unwrap();
            let at = instances.iter().position(|other| *other == one).unwrap();
            had[at] += 1;
            let gone = instances[(at + 1) % 3];
            let left = instances.iter().copied().filter(|other| *other != gone);
            assert_eq!(elected(thread_id, left), Some(one));
        }
        assert!(had.iter().all(|count| *count > 50), "{had:?}");
    }
}
