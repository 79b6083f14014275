//! Where a machine keeps whom it trusts, and the commands that put an authority there and take it out again.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use lgx_tls::LOCAL_AUTHORITY;

use crate::context::Context;
use crate::disk::Probe;
use crate::env_names;

/// How the file is called in folders that are the system's.
const FILE: &str = "lgx-servers-on-this-machine.crt";
/// Folders of authorities that are the system's, and the command that has them read again.
const SYSTEM: [(&str, &[&str]); 4] = [
    (
        "/usr/local/share/ca-certificates",
        &["update-ca-certificates"],
    ),
    ("/etc/pki/ca-trust/source/anchors", &["update-ca-trust"]),
    (
        "/etc/ca-certificates/trust-source/anchors",
        &["trust", "extract-compat"],
    ),
    ("/etc/pki/trust/anchors", &["update-ca-certificates"]),
];

/// Something to run: a program with its arguments.
pub(crate) type Step = Vec<OsString>;

/// What to run, and what cannot be done.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    /// One after the other.
    pub(crate) steps: Vec<Step>,
    /// What is missing for others.
    pub(crate) notes: Vec<String>,
}

/// The commands for this machine. `profiles` are the databases of browsers that are there.
pub(crate) fn plan(
    certificate: &Path,
    remove: bool,
    profiles: &[PathBuf],
    context: &Context,
    disk: &impl Probe,
) -> Plan {
    let mut plan = Plan::default();
    if cfg!(target_os = "macos") {
        let home = context.env.path(env_names::HOME);
        let keychain = home.map(|home| home.join("Library/Keychains/login.keychain-db"));
        plan.steps
            .push(keychain_step(certificate, remove, keychain));
    } else {
        plan.steps
            .extend(system_steps(certificate, remove, context, disk));
    }
    let has_certutil = context.find_command("certutil").is_some();
    if has_certutil {
        let of_profile = |profile: &PathBuf| nss_step(certificate, remove, profile);
        plan.steps.extend(profiles.iter().map(of_profile));
    } else if !profiles.is_empty() {
        plan.notes.push("Chromium and Firefox have stores of their own, for which `certutil` is needed: install libnss3-tools (Debian, Ubuntu), nss-tools (Fedora) or nss (Arch, Homebrew), and run this again".to_owned());
    }
    plan
}

/// The databases of NSS below a home: that of Chromium, and one for each profile of Firefox.
pub(crate) fn profiles(home: &Path) -> Vec<PathBuf> {
    let firefox = [
        ".mozilla/firefox",
        "snap/firefox/common/.mozilla/firefox",
        "Library/Application Support/Firefox/Profiles",
    ];
    let entries = firefox
        .into_iter()
        .filter_map(|folder| fs_err::read_dir(home.join(folder)).ok());
    let mut found: Vec<_> = entries
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .chain([home.join(".pki/nssdb")])
        .filter(|profile| profile.join("cert9.db").is_file())
        .collect();
    found.sort();
    found
}

fn system_steps(
    certificate: &Path,
    remove: bool,
    context: &Context,
    disk: &impl Probe,
) -> Vec<Step> {
    let found = SYSTEM.into_iter().find(|(folder, command)| {
        disk.is_directory(Path::new(folder)) && context.find_command(command[0]).is_some()
    });
    let Some((folder, command)) = found else {
        return Vec::new();
    };
    let place = Path::new(folder).join(FILE).into_os_string();
    let change: Step = if remove {
        vec!["rm".into(), "-f".into(), place]
    } else {
        vec![
            "install".into(),
            "-m".into(),
            "644".into(),
            certificate.into(),
            place,
        ]
    };
    let read_again = command.iter().map(OsString::from).collect();
    let is_root = rustix::process::geteuid().is_root();
    let as_root = |step: Step| -> Step {
        let sudo = (!is_root).then(|| OsString::from("sudo"));
        sudo.into_iter().chain(step).collect()
    };
    vec![as_root(change), as_root(read_again)]
}

fn keychain_step(certificate: &Path, remove: bool, keychain: Option<PathBuf>) -> Step {
    if remove {
        let step = [
            "security",
            "delete-certificate",
            "-c",
            LOCAL_AUTHORITY,
            "-t",
        ];
        return step
            .into_iter()
            .map(OsString::from)
            .chain(keychain.map(Into::into))
            .collect();
    }
    let step = ["security", "add-trusted-cert", "-r", "trustRoot"].map(OsString::from);
    let keychain = keychain.map(|keychain| ["-k".into(), keychain.into()]);
    step.into_iter()
        .chain(keychain.into_iter().flatten())
        .chain([certificate.into()])
        .collect()
}

fn nss_step(certificate: &Path, remove: bool, profile: &Path) -> Step {
    let mut database = OsString::from("sql:");
    database.push(profile);
    let mut step: Step = vec!["certutil".into(), "-d".into(), database];
    if remove {
        step.extend(["-D", "-n", LOCAL_AUTHORITY].map(OsString::from));
    } else {
        step.extend(["-A", "-t", "C,,", "-n", LOCAL_AUTHORITY, "-i"].map(OsString::from));
        step.push(certificate.into());
    }
    step
}
