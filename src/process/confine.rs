//! Confinement: what a page process gives up before it runs a page's code.
//!
//! No new privileges, no core dumps, no more descriptors; Landlock takes the file system and the network, a seccomp
//! filter every system call that computing and talking to the host do not need. A step that this system does not have
//! is named, so that the operator is told.

use std::io;

use nix::sys::resource::{Resource, setrlimit};

use super::protocol::Role;

/// Descriptors a page process may have open: the connection, the standard streams, some to spare.
const DESCRIPTORS_MAX: u64 = 16;
/// Bytes of data segments beyond the page's bound: what the allocator, stacks and code need.
const DATA_SLACK_BYTES: u64 = 512 * 1024 * 1024;

/// Confines this process for good; threads that run already are held as well. What this system does not have, with its
/// words: `landlock: …`, `seccomp: …`.
///
/// # Errors
/// Where the system refuses what every system has.
pub fn confine(role: Role, memory_bytes: u64) -> io::Result<Vec<String>> {
    nix::sys::prctl::set_no_new_privs()?;
    nix::sys::prctl::set_dumpable(false)?;
    let data = memory_bytes.saturating_add(DATA_SLACK_BYTES);
    for (resource, bound) in [
        (Resource::RLIMIT_CORE, 0),
        (Resource::RLIMIT_FSIZE, 0),
        (Resource::RLIMIT_NOFILE, DESCRIPTORS_MAX),
        (Resource::RLIMIT_DATA, data),
    ] {
        setrlimit(resource, bound, bound)?;
    }
    let steps = [("landlock", landlock()), ("seccomp", seccomp::install(role))];
    Ok(steps.into_iter().filter_map(|(name, step)| Some(format!("{name}: {}", step.err()?))).collect())
}

/// Takes from a fork of a template what only templates may do. Where there is no seccomp the template has said so.
///
/// # Errors
/// The filter cannot be had.
pub fn confine_fork() -> Result<(), String> {
    seccomp::install(Role::Page)
}

/// No path may be opened and no address connected to or bound.
fn landlock() -> Result<(), String> {
    use landlock::{ABI, Access as _, AccessFs, AccessNet, Ruleset, RulesetAttr as _, RulesetStatus};
    let abi = ABI::V4;
    let ruleset = Ruleset::default()
        .handle_access(AccessFs::from_all(abi))
        .and_then(|ruleset| ruleset.handle_access(AccessNet::from_all(abi)))
        .and_then(|ruleset| ruleset.create());
    let status = ruleset.and_then(|ruleset| ruleset.restrict_self()).map_err(|error| error.to_string())?;
    match status.ruleset {
        RulesetStatus::NotEnforced => Err("this kernel does not enforce it".to_owned()),
        _ => Ok(()),
    }
}

/// The filter of system calls.
mod seccomp {
    use std::collections::BTreeMap;

    use super::Role;
    use nix::libc;
    use seccompiler::{
        BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
        TargetArch, apply_filter_all_threads,
    };

    /// What a page process calls: memory, time, its connection, its end.
    const ALLOWED: &[libc::c_long] = &[
        libc::SYS_brk,
        libc::SYS_clock_gettime,
        libc::SYS_clock_nanosleep,
        libc::SYS_close,
        libc::SYS_exit,
        libc::SYS_exit_group,
        libc::SYS_futex,
        libc::SYS_getpid,
        libc::SYS_getppid,
        libc::SYS_getrandom,
        libc::SYS_gettid,
        libc::SYS_madvise,
        libc::SYS_mmap,
        libc::SYS_mremap,
        libc::SYS_munmap,
        libc::SYS_nanosleep,
        libc::SYS_ppoll,
        libc::SYS_read,
        libc::SYS_recvfrom,
        libc::SYS_restart_syscall,
        libc::SYS_rseq,
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_sched_yield,
        libc::SYS_sendto,
        libc::SYS_set_robust_list,
        libc::SYS_sigaltstack,
        libc::SYS_timer_settime,
        libc::SYS_write,
        libc::SYS_writev,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_poll,
    ];

    /// What a template calls beside that, to fork and to make its forks ready; what of it could reach others is bounded
    /// below.
    const FORKING: &[libc::c_long] = &[
        libc::SYS_dup3,
        libc::SYS_pipe2,
        libc::SYS_seccomp,
        libc::SYS_sendmsg,
        libc::SYS_timer_create,
        libc::SYS_wait4,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_dup2,
    ];
    /// How the C library forks: a process of its own, no thread, no new namespace.
    const FORK_FLAGS: libc::c_int = libc::CLONE_CHILD_SETTID | libc::CLONE_CHILD_CLEARTID | libc::SIGCHLD;

    pub(super) fn install(role: Role) -> Result<(), String> {
        let mut rules: BTreeMap<i64, Vec<SeccompRule>> = ALLOWED.iter().map(|call| (*call, Vec::new())).collect();
        if role == Role::Template {
            rules.extend(FORKING.iter().map(|call| (*call, Vec::new())));
            rules.insert(libc::SYS_clone, vec![equal(0, FORK_FLAGS)?]);
            rules.insert(libc::SYS_socketpair, vec![equal(0, libc::AF_UNIX)?]);
            let options = [libc::PR_SET_PDEATHSIG, libc::PR_SET_NO_NEW_PRIVS, libc::PR_SET_SECCOMP];
            let options = options.map(|option| equal(0, option)).into_iter().collect::<Result<_, _>>()?;
            rules.insert(libc::SYS_prctl, options);
        }
        // Memory that can be written and run has no use here.
        rules.insert(libc::SYS_mprotect, vec![without_flag(2, libc::PROT_EXEC)?]);
        rules.insert(libc::SYS_mmap, vec![without_flag(2, libc::PROT_EXEC)?]);
        let architecture = TargetArch::try_from(std::env::consts::ARCH).map_err(|error| error.to_string())?;
        let refused = SeccompAction::Errno(libc::EPERM.cast_unsigned());
        let filter = SeccompFilter::new(rules, refused, SeccompAction::Allow, architecture);
        let program: BpfProgram =
            filter.and_then(TryInto::try_into).map_err(|error: seccompiler::BackendError| error.to_string())?;
        apply_filter_all_threads(&program).map_err(|error| error.to_string())
    }

    fn without_flag(argument: u8, flag: libc::c_int) -> Result<SeccompRule, String> {
        let mask = u64::from(flag.cast_unsigned());
        rule(argument, SeccompCmpOp::MaskedEq(mask), 0)
    }

    fn equal(argument: u8, value: libc::c_int) -> Result<SeccompRule, String> {
        rule(argument, SeccompCmpOp::Eq, u64::from(value.cast_unsigned()))
    }

    fn rule(argument: u8, operator: SeccompCmpOp, value: u64) -> Result<SeccompRule, String> {
        SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, value)
            .and_then(|condition| SeccompRule::new(vec![condition]))
            .map_err(|error| error.to_string())
    }
}
