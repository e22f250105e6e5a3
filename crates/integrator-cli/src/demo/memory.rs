//! How much memory this process holds, and how far that grows while something runs.

use std::fs;
use std::future::Future;
use std::time::Duration;

/// Time between two looks.
const LOOK: Duration = Duration::from_millis(2);

/// Runs `work` and says by how many bytes the process grew at most; none where the system does not say.
pub(super) async fn growth_during<T>(work: impl Future<Output = T>) -> (T, Option<u64>) {
    let before = resident();
    let mut most = before;
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            value = &mut work => return (value, most.max(resident()).zip(before).map(|(most, before)| most.saturating_sub(before))),
            () = tokio::time::sleep(LOOK) => most = most.max(resident()),
        }
    }
}

/// Bytes of memory that are in use, as Linux counts them.
fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
