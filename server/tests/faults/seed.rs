//! The random numbers of a run, which are the same for the same seed.

use rand::{SeedableRng as _, rngs::StdRng};

/// The seed when `SNAPDROP_FAULT_SEED` is not set.
const DEFAULT: u64 = 20_260_314;

/// The random numbers of this run. Prints the seed, so that the run can be repeated.
pub(crate) fn rng() -> StdRng {
    let seed = number_from("SNAPDROP_FAULT_SEED", DEFAULT);
    eprintln!("SNAPDROP_FAULT_SEED={seed}");
    StdRng::seed_from_u64(seed)
}

/// The number in an environment variable, or `otherwise` when the variable is not set.
pub(crate) fn number_from(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).map_or(otherwise, |text| text.parse().expect("the variable holds a number"))
}
