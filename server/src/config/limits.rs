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
    #[arg(long, env = "SNAPDROP_MAX_CONNECTIONS_PER_ADDRESS", default_value = "512", value_name = "N", value_parser = limit, allow_negative_numbers = true)]
    pub max_connections_per_address: usize,
}

/// Reads a limit. A limit that is lifted is the greatest number.
fn limit(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Ok(usize::MAX),
        Ok(limit) => Ok(limit),
        Err(_) => Err("must be a whole number; 0 lifts the limit".to_owned()),
    }
}
