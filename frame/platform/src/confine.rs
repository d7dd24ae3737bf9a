//! The walls themselves, put around the calling process: no new privileges,
//! resource limits, Landlock, seccomp. Once up they cannot be taken down.

use std::collections::BTreeMap;
use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreatedAttr, Scope,
};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};

/// How tight a cage is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Confinement {
    /// Address space of one process, in bytes.
    pub memory_bytes_max: u64,
    /// Processor time of one process, in seconds.
    pub cpu_seconds_max: u64,
    /// Go on where the kernel lacks Landlock or seccomp. Off by default: then
    /// a missing wall is an error.
    pub allow_missing_walls: bool,
}

/// A wall that could not be built.
#[derive(Debug, thiserror::Error)]
pub enum ConfineError {
    /// The kernel has no Landlock, or refused the rules.
    #[error("landlock is not in force")]
    Landlock,
    /// The kernel has no seccomp, or refused the filter.
    #[error("seccomp filter was not accepted: {0}")]
    Seccomp(String),
    /// A resource limit or process flag could not be set.
    #[error("cannot set {what}")]
    Limit {
        /// The limit's name in setrlimit(2) or prctl(2).
        what: &'static str,
        /// What the kernel said.
        #[source]
        source: std::io::Error,
    },
}

/// Sets resource limits: memory, time, no files to write, no core dumps.
pub(crate) fn limit_resources(confinement: &Confinement) -> Result<(), ConfineError> {
    set_limit(libc::RLIMIT_AS, "RLIMIT_AS", confinement.memory_bytes_max)?;
    set_limit(libc::RLIMIT_CPU, "RLIMIT_CPU", confinement.cpu_seconds_max)?;
    set_limit(libc::RLIMIT_FSIZE, "RLIMIT_FSIZE", 0)?;
    set_limit(libc::RLIMIT_CORE, "RLIMIT_CORE", 0)
}

/// Limits a foreign program: memory, time, no core dumps. It may write files.
pub(crate) fn limit_program(confinement: &Confinement) -> Result<(), ConfineError> {
    set_limit(libc::RLIMIT_AS, "RLIMIT_AS", confinement.memory_bytes_max)?;
    set_limit(libc::RLIMIT_CPU, "RLIMIT_CPU", confinement.cpu_seconds_max)?;
    set_limit(libc::RLIMIT_CORE, "RLIMIT_CORE", 0)
}

/// Moves this process into mount and network namespaces of its own, where
/// `private_tmp` stands in the place of `/tmp` and there is no network. Where
/// the caller is not root, a user namespace gives the right to do so.
pub(crate) fn own_namespaces(private_tmp: &Path) -> Result<(), ConfineError> {
    let failed = |what| ConfineError::Limit { what, source: std::io::Error::last_os_error() };
    // SAFETY: geteuid(2) takes nothing and cannot fail.
    let is_root = unsafe { libc::geteuid() } == 0;
    let user = if is_root { 0 } else { libc::CLONE_NEWUSER };
    // SAFETY: the flags are numbers; only this process is moved.
    if unsafe { libc::unshare(user | libc::CLONE_NEWNS | libc::CLONE_NEWNET) } != 0 {
        return Err(failed("unshare"));
    }
    let source = CString::new(private_tmp.as_os_str().as_bytes()).map_err(|_| failed("path"))?;
    let no_text = std::ptr::null();
    // SAFETY: every pointer is null or a string that lives through its call.
    let mounted = unsafe {
        let private = libc::MS_REC | libc::MS_PRIVATE;
        libc::mount(no_text, c"/".as_ptr(), no_text, private, std::ptr::null()) == 0
            && libc::mount(
                source.as_ptr(),
                c"/tmp".as_ptr(),
                no_text,
                libc::MS_BIND,
                std::ptr::null(),
            ) == 0
    };
    if mounted { Ok(()) } else { Err(failed("mount")) }
}

fn set_limit(
    resource: libc::__rlimit_resource_t,
    what: &'static str,
    value: u64,
) -> Result<(), ConfineError> {
    let limit = libc::rlimit { rlim_cur: value, rlim_max: value };
    // SAFETY: the structure lives through the call, which only reads it.
    if unsafe { libc::setrlimit(resource, &raw const limit) } != 0 {
        return Err(ConfineError::Limit { what, source: std::io::Error::last_os_error() });
    }
    Ok(())
}

/// Gives up every capability and new privileges, core images, and life after
/// the parent's death.
pub(crate) fn renounce() -> Result<(), ConfineError> {
    let calls: [(&'static str, libc::c_int, libc::c_ulong); 3] = [
        ("PR_SET_NO_NEW_PRIVS", libc::PR_SET_NO_NEW_PRIVS, 1),
        ("PR_SET_DUMPABLE", libc::PR_SET_DUMPABLE, 0),
        ("PR_SET_PDEATHSIG", libc::PR_SET_PDEATHSIG, libc::SIGKILL as libc::c_ulong),
    ];
    let zero: libc::c_ulong = 0;
    for (what, option, value) in calls {
        // SAFETY: these options take numbers only; no memory is passed.
        if unsafe { libc::prctl(option, value, zero, zero, zero) } != 0 {
            return Err(ConfineError::Limit { what, source: std::io::Error::last_os_error() });
        }
    }
    no_capabilities()
}

/// Empties all sets of capabilities(7): a service that may change the packet
/// filter hands that on to whatever it starts.
fn no_capabilities() -> Result<(), ConfineError> {
    /// `_LINUX_CAPABILITY_VERSION_3`: two words a set.
    const VERSION: u32 = 0x2008_0522;
    let mut header: [u32; 2] = [VERSION, 0];
    let sets = [[0_u32; 3]; 2];
    // SAFETY: both arrays have the layout of capset(2) and live through the
    // call, which writes to the first at most; 0 means this thread.
    if unsafe { libc::syscall(libc::SYS_capset, header.as_mut_ptr(), sets.as_ptr()) } != 0 {
        let source = std::io::Error::last_os_error();
        return Err(ConfineError::Limit { what: "capset", source });
    }
    Ok(())
}

/// Shuts off the file system but for `readable` and `writable` trees, TCP, and
/// where the kernel can (ABI 6) abstract sockets and signals to others.
pub(crate) fn landlock(readable: &[PathBuf], writable: &[PathBuf]) -> Result<(), ConfineError> {
    build_landlock(readable, writable).map_err(|_| ConfineError::Landlock)
}

fn build_landlock(
    readable: &[PathBuf],
    writable: &[PathBuf],
) -> Result<(), landlock::RulesetError> {
    let abi = ABI::V6;
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(ABI::V1))?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(abi))?
        .handle_access(AccessNet::from_all(abi))?
        .scope(Scope::from_all(abi))?
        .create()?;
    for (paths, access) in
        [(readable, AccessFs::from_read(abi)), (writable, AccessFs::from_all(abi))]
    {
        for path in paths {
            // A tree that does not exist cannot be opened either.
            if let Ok(handle) = PathFd::new(path) {
                rules = rules.add_rule(PathBeneath::new(handle, access))?;
            }
        }
    }
    rules.restrict_self()?;
    Ok(())
}

/// A filter for a process that only computes: reads and writes the pipes it
/// has, takes memory, ends. Anything else kills it.
pub(crate) fn compute_only() -> Result<BpfProgram, ConfineError> {
    let free = [
        libc::SYS_read,
        libc::SYS_write,
        libc::SYS_readv,
        libc::SYS_writev,
        libc::SYS_close,
        libc::SYS_munmap,
        libc::SYS_mremap,
        libc::SYS_brk,
        libc::SYS_madvise,
        libc::SYS_futex,
        libc::SYS_exit,
        libc::SYS_exit_group,
        libc::SYS_rt_sigreturn,
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_sigaltstack,
        libc::SYS_clock_gettime,
        libc::SYS_getrandom,
        libc::SYS_sched_yield,
        libc::SYS_restart_syscall,
    ];
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        free.into_iter().map(|call| (call, Vec::new())).collect();
    // Memory may be mapped, but never made executable.
    for call in [libc::SYS_mmap, libc::SYS_mprotect] {
        rules.insert(call, vec![without_bit(2, libc::PROT_EXEC as u64)?]);
    }
    program(rules, SeccompAction::KillProcess, SeccompAction::Allow)
}

/// A filter for a foreign program: everything but the network, other
/// processes' memory, kernel modules, mounts and keys.
pub(crate) fn no_network() -> Result<BpfProgram, ConfineError> {
    let denied = [
        libc::SYS_ptrace,
        libc::SYS_process_vm_readv,
        libc::SYS_process_vm_writev,
        libc::SYS_mount,
        libc::SYS_umount2,
        libc::SYS_pivot_root,
        libc::SYS_setns,
        libc::SYS_unshare,
        libc::SYS_init_module,
        libc::SYS_finit_module,
        libc::SYS_kexec_load,
        libc::SYS_bpf,
        libc::SYS_perf_event_open,
        libc::SYS_keyctl,
        libc::SYS_add_key,
        libc::SYS_userfaultfd,
        libc::SYS_io_uring_setup,
    ];
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        denied.into_iter().map(|call| (call, Vec::new())).collect();
    // Sockets within the machine only (AF_UNIX); every other family is denied.
    let unix = libc::AF_UNIX as u64;
    let foreign = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, unix)
        .and_then(|condition| SeccompRule::new(vec![condition]))
        .map_err(|error| ConfineError::Seccomp(error.to_string()))?;
    rules.insert(libc::SYS_socket, vec![foreign]);
    program(rules, SeccompAction::Allow, SeccompAction::Errno(libc::EPERM as u32))
}

fn without_bit(argument: u8, bit: u64) -> Result<SeccompRule, ConfineError> {
    let clear = SeccompCmpOp::MaskedEq(bit);
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, clear, 0)
        .and_then(|condition| SeccompRule::new(vec![condition]))
        .map_err(|error| ConfineError::Seccomp(error.to_string()))
}

fn program(
    rules: BTreeMap<i64, Vec<SeccompRule>>,
    otherwise: SeccompAction,
    matched: SeccompAction,
) -> Result<BpfProgram, ConfineError> {
    let architecture = TargetArch::try_from(std::env::consts::ARCH)
        .map_err(|error| ConfineError::Seccomp(error.to_string()))?;
    let filter = SeccompFilter::new(rules, otherwise, matched, architecture)
        .map_err(|error| ConfineError::Seccomp(error.to_string()))?;
    BpfProgram::try_from(filter).map_err(|error| ConfineError::Seccomp(error.to_string()))
}

/// Puts a filter in force for this process and its children.
pub(crate) fn filter(program: &BpfProgram) -> Result<(), ConfineError> {
    seccompiler::apply_filter(program).map_err(|error| ConfineError::Seccomp(error.to_string()))
}
