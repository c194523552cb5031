//! When what was taken is safe.

/// When acknowledged things are safe from a power cut. From the end of the process they always are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sync {
    /// Moments later: the disk works behind the answers, and nobody waits for it.
    #[default]
    Background,
    /// Before they are acknowledged.
    Always,
}
