//! Where the randomness of a run comes from.

use rand::{SeedableRng as _, rngs::StdRng};

/// The seed of a run that nobody chose one for.
const DEFAULT: u64 = 20_260_314;

/// The random numbers of this run, whose seed is printed.
pub(crate) fn rng() -> StdRng {
    let seed = number_from("SNAPDROP_FAULT_SEED", DEFAULT);
    eprintln!("SNAPDROP_FAULT_SEED={seed}");
    StdRng::seed_from_u64(seed)
}

/// A number that a variable of the environment may set.
pub(crate) fn number_from(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).map_or(otherwise, |text| text.parse().expect("the variable holds a number"))
}
