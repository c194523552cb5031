//! [`LaunchAction`]: what the address of the first page asks the page to do.

/// What the address of the first page asks the page to do (`?do=…`). The web app manifest has such addresses for its
/// shortcuts and for files that are opened with the app, and a share is redirected to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LaunchAction {
    /// Open a room.
    Create,
    /// Ask for the PIN of a room.
    Join,
    /// Show what another app shared.
    Shared,
    /// Show the files that the system opened with this app. The files come with the launch, not in the address.
    Open,
}

impl LaunchAction {
    pub(super) fn of(query: &str) -> Option<Self> {
        query.trim_start_matches('?').split('&').find_map(|pair| match pair {
            "do=create" => Some(Self::Create),
            "do=join" => Some(Self::Join),
            "do=shared" => Some(Self::Shared),
            "do=open" => Some(Self::Open),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_launch_action_is_read_out_of_the_query() {
        assert_eq!(LaunchAction::of("?do=shared"), Some(LaunchAction::Shared));
        assert_eq!(LaunchAction::of("?problem=no_such_room&do=join"), Some(LaunchAction::Join));
        for query in ["", "?", "?do=", "?do=nothing", "?redo=create"] {
            assert_eq!(LaunchAction::of(query), None, "{query}");
        }
    }
}
