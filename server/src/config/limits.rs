//! The limits of what clients may use, so that no stranger can take the server from everybody else. Each is a flag; 0
//! lifts the limit.

/// How many of everything there may be at the same time.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Limits (0 lifts one)")]
pub struct Limits {
    /// Open connections in all [default: half of the files that the process may have open, at most 65536]
    #[arg(long, env = "SNAPDROP_MAX_CONNECTIONS", value_name = "N", value_parser = limit, allow_negative_numbers = true)]
    pub max_connections: Option<usize>,

    /// Open connections of one address (IPv6: of one /64 network)
    #[arg(long, env = "SNAPDROP_MAX_CONNECTIONS_PER_ADDRESS", default_value = "1024", value_name = "N", value_parser = limit, allow_negative_numbers = true)]
    pub max_connections_per_address: usize,

    /// Open rooms in all
    #[arg(long, env = "SNAPDROP_MAX_ROOMS", default_value = "0", value_name = "N", value_parser = limit, allow_negative_numbers = true)]
    pub max_rooms: usize,

    /// Open rooms that were created from one address
    #[arg(long, env = "SNAPDROP_MAX_ROOMS_PER_ADDRESS", default_value = "100", value_name = "N", value_parser = limit, allow_negative_numbers = true)]
    pub max_rooms_per_address: usize,

    /// Rooms that one address may create at once; one is added each second
    #[arg(long, env = "SNAPDROP_MAX_CREATIONS_PER_ADDRESS", default_value = "300", value_name = "N", value_parser = limit, allow_negative_numbers = true)]
    pub max_creations_per_address: usize,

    /// Members of one room; those who have left count only until somebody else needs the seat
    #[arg(long, env = "SNAPDROP_MAX_MEMBERS_PER_ROOM", default_value = "1000", value_name = "N", value_parser = limit, allow_negative_numbers = true)]
    pub max_members_per_room: usize,

    /// Wrong PINs that one address may try at once; about three are added each hour
    #[arg(long, env = "SNAPDROP_MAX_GUESSES_PER_ADDRESS", default_value = "30", value_name = "N", value_parser = limit, allow_negative_numbers = true)]
    pub max_guesses_per_address: usize,

    /// New seats that one address may take at once; ten are added each minute
    #[arg(long, env = "SNAPDROP_MAX_JOINS_PER_ADDRESS", default_value = "400", value_name = "N", value_parser = limit, allow_negative_numbers = true)]
    pub max_joins_per_address: usize,

    /// Live sockets of one room
    #[arg(long, env = "SNAPDROP_MAX_SOCKETS_PER_ROOM", default_value = "2000", value_name = "N", value_parser = limit, allow_negative_numbers = true)]
    pub max_sockets_per_room: usize,

    /// Live sockets of one member, who has one for each open tab
    #[arg(long, env = "SNAPDROP_MAX_SOCKETS_PER_MEMBER", default_value = "8", value_name = "N", value_parser = limit, allow_negative_numbers = true)]
    pub max_sockets_per_member: usize,

    /// WebSocket frames of any kind that one member may send at once; 20 more are taken each second
    #[arg(long, env = "SNAPDROP_MAX_FRAMES_PER_MEMBER", default_value = "60", value_name = "N", value_parser = limit, allow_negative_numbers = true)]
    pub max_frames_per_member: usize,

    /// Messages among these frames; two more are taken each second
    #[arg(long, env = "SNAPDROP_MAX_MESSAGES_PER_MEMBER", default_value = "30", value_name = "N", value_parser = limit, allow_negative_numbers = true)]
    pub max_messages_per_member: usize,

    /// Archives that are laid out at the same time in all; further ones wait
    #[arg(long, env = "SNAPDROP_MAX_ARCHIVES", default_value = "16", value_name = "N", value_parser = limit, allow_negative_numbers = true)]
    pub max_archives: usize,

    /// Archives that one member loads at the same time
    #[arg(long, env = "SNAPDROP_MAX_ARCHIVES_PER_MEMBER", default_value = "2", value_name = "N", value_parser = limit, allow_negative_numbers = true)]
    pub max_archives_per_member: usize,

    /// Lists of a room that one member loads at the same time over the API
    #[arg(long, env = "SNAPDROP_MAX_SNAPSHOTS_PER_MEMBER", default_value = "2", value_name = "N", value_parser = limit, allow_negative_numbers = true)]
    pub max_snapshots_per_member: usize,

    /// Files of one room
    #[arg(long, env = "SNAPDROP_MAX_FILES_PER_ROOM", default_value = "5000", value_name = "N", value_parser = limit, allow_negative_numbers = true)]
    pub max_files_per_room: usize,

    /// Files that may be added to one room at once; 50 more are taken each second
    #[arg(long, env = "SNAPDROP_MAX_NEW_FILES_PER_ROOM", default_value = "1000", value_name = "N", value_parser = limit, allow_negative_numbers = true)]
    pub max_new_files_per_room: usize,

    /// Bytes of all names and texts of one room
    #[arg(long, env = "SNAPDROP_MAX_TEXT_PER_ROOM", default_value = "4194304", value_name = "BYTES", value_parser = limit, allow_negative_numbers = true)]
    pub max_text_per_room: usize,
}

/// Reads a limit. A limit that is lifted is the greatest number.
fn limit(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Ok(usize::MAX),
        Ok(limit) => Ok(limit),
        Err(_) => Err("must be a whole number; 0 lifts the limit".to_owned()),
    }
}
