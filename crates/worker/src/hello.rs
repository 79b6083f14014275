//! HELLO: how a worker introduces itself, and whether that is good enough to go on.

use std::path::PathBuf;

use lgx_model::{Runtime, Version};
use serde::{Deserialize, Serialize};

use crate::frame::{Frame, Kind};
use crate::{PROTOCOL_VERSION, StartError};

/// How a worker introduces itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The protocol version it speaks.
    pub protocol: u32,
    /// Its process id.
    pub pid: u32,
    /// What it runs on.
    pub runtime: RuntimeVersion,
    /// The interpreter's path.
    pub executable: String,
    /// Required packages that cannot be found.
    pub missing: Vec<String>,
    /// The directories that packages are installed in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub packages: Vec<PathBuf>,
}

/// A runtime of some version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuntimeVersion {
    /// Which.
    pub name: Runtime,
    /// Its version: `3.11.7`.
    pub version: String,
}

/// How the worker introduces itself in its first frame, unless it cannot be used.
pub(crate) fn check_hello(frame: &Frame) -> Result<Hello, StartError> {
    #[derive(Deserialize)]
    struct Spoken {
        protocol: u32,
    }
    if frame.kind() != Kind::Hello {
        return Err(StartError::Protocol(format!(
            "its first frame is {:?}",
            frame.kind()
        )));
    }
    let not_hello = |error: serde_json::Error| {
        StartError::Protocol(format!("its hello cannot be understood: {error}"))
    };
    let Spoken { protocol } = serde_json::from_slice(frame.meta()).map_err(not_hello)?;
    if protocol != PROTOCOL_VERSION {
        return Err(StartError::OtherVersion(protocol));
    }
    let hello: Hello = serde_json::from_slice(frame.meta()).map_err(not_hello)?;
    let RuntimeVersion { name, version } = &hello.runtime;
    if version
        .parse()
        .is_ok_and(|version: Version| version < name.oldest())
    {
        return Err(StartError::TooOld {
            executable: hello.executable,
            runtime: *name,
            version: hello.runtime.version,
        });
    }
    if !hello.missing.is_empty() {
        return Err(StartError::MissingPackages {
            runtime: *name,
            executable: hello.executable,
            names: hello.missing,
        });
    }
    Ok(hello)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::json;

    fn hello(change: impl FnOnce(&mut serde_json::Value)) -> Result<Hello, StartError> {
        let mut meta = serde_json::json!(
            {"protocol": 2, "pid": 7, "runtime": {"name": "python", "version": "3.10.2"}, "executable": "/usr/bin/python3", "missing": []}
        );
        change(&mut meta);
        check_hello(&Frame::new(Kind::Hello, 0, json(&meta), Vec::new()).unwrap())
    }

    #[test]
    fn a_worker_of_this_protocol_on_a_recent_python_is_welcome() {
        assert_eq!(hello(|_| ()).unwrap().pid, 7);
    }

    #[test]
    fn what_is_wrong_with_an_interpreter_is_said() {
        let old = hello(|meta| meta["runtime"]["version"] = "3.9.18".into()).unwrap_err();
        assert_eq!(
            old.to_string(),
            "`/usr/bin/python3` is Python 3.9.18; 3.10 or newer is needed"
        );
        let poor = hello(|meta| meta["missing"] = serde_json::json!(["langgraph"])).unwrap_err();
        assert_eq!(
            poor.to_string(),
            "`/usr/bin/python3` cannot import langgraph"
        );
        let other = hello(|meta| meta["protocol"] = 1.into()).unwrap_err();
        assert_eq!(
            other.to_string(),
            "the worker speaks version 1 of the worker protocol and this lgx speaks version 2, so the worker's files are those of another \
             lgx; remove the directory `runtime` in the state directory, and lgx writes its own"
        );
    }
}
