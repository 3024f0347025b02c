//! `Math.random` (ECMA-262 §21.3.2.27) from a seed, so that a recorded page can be replayed; and random bytes.

use std::{cell::Cell, rc::Rc};

use boa_engine::{Context, Finalize, JsResult, JsValue, NativeFunction, Trace};

use super::native;

/// A page's random numbers: xoshiro256++ seeded with SplitMix64 (Blackman and Vigna, 2019).
///
/// Clones are handles to one sequence: the host keeps one and hands another to each document of the page, so the
/// sequence goes on over reloads. Bytes ([`Self::fill`]) come from a second sequence of the same seed: asking for them
/// does not change what `Math.random` gives next.
#[derive(Clone, Debug)]
pub struct Random {
    numbers: Rc<Cell<[u64; 4]>>,
    bytes: Rc<Cell<[u64; 4]>>,
}

/// What makes the seed of the bytes another than that of the numbers.
const BYTES_SEED: u64 = 0x6279_7465_735f_6f66;

impl Random {
    /// The sequences of `seed`.
    #[must_use]
    pub fn from_seed(seed: u64) -> Self {
        Self { numbers: Rc::new(Cell::new(seeded(seed))), bytes: Rc::new(Cell::new(seeded(seed ^ BYTES_SEED))) }
    }

    /// A number from 0 up to, not including, 1: the upper 53 bits of the next output.
    #[must_use]
    pub fn next_f64(&self) -> f64 {
        (self.next_u64() >> 11) as f64 * f64::EPSILON / 2.0
    }

    /// The next output.
    #[must_use]
    pub fn next_u64(&self) -> u64 {
        step(&self.numbers)
    }

    /// Fills `bytes` from the sequence of bytes; each call starts at a new output.
    pub fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&step(&self.bytes).to_le_bytes()[..chunk.len()]);
        }
    }

    /// Where the numbers are, for [`Self::restore`].
    #[must_use]
    pub fn state(&self) -> [u64; 4] {
        self.numbers.get()
    }

    /// Goes on with the numbers from a state read earlier, here and in all clones. The one state the generator cannot
    /// leave, all zeros, stands for seed 0.
    pub fn restore(&self, state: [u64; 4]) {
        self.numbers.set(if state == [0; 4] { seeded(0) } else { state });
    }

    /// Starts the sequences of `seed`, here and in all clones: what a page forked from a template needs.
    pub fn reseed(&self, seed: u64) {
        self.numbers.set(seeded(seed));
        self.bytes.set(seeded(seed ^ BYTES_SEED));
    }
}

/// The next output of a sequence.
fn step(state: &Cell<[u64; 4]>) -> u64 {
    let [mut a, mut b, mut c, mut d] = state.get();
    let output = a.wrapping_add(d).rotate_left(23).wrapping_add(a);
    let shifted = b << 17;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = d.rotate_left(45);
    state.set([a, b, c, d]);
    output
}

/// Four outputs of SplitMix64.
fn seeded(mut seed: u64) -> [u64; 4] {
    std::array::from_fn(|_| {
        seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    })
}

/// [`Random`] as a native function holds it: nothing in it is the collector's.
#[derive(Trace, Finalize)]
struct Captured(#[unsafe_ignore_trace] Random);

/// Replaces `Math.random` with one that draws from `random`.
///
/// # Errors
/// Where the page's `Math` refuses the property.
pub fn install(context: &mut Context, random: &Random) -> JsResult<()> {
    let math = context.global_object().get(boa_engine::js_string!("Math"), context)?.to_object(context)?;
    let body = NativeFunction::from_copy_closure_with_captures(
        |_, _, captured: &Captured, _| Ok(JsValue::from(captured.0.next_f64())),
        Captured(random.clone()),
    );
    native::method(&math, "random", 0, body, context)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::builtins::testing::{check, plain_context, show};

    /// From the generator's reference: state 1, 2, 3, 4.
    #[test]
    fn is_xoshiro256_plus_plus() {
        let random = Random::from_seed(0);
        random.restore([1, 2, 3, 4]);
        let outputs: Vec<u64> = (0..6).map(|_| random.next_u64()).collect();
        let expected = [
            41_943_041,
            58_720_359,
            3_588_806_011_781_223,
            3_591_011_842_654_386,
            9_228_616_714_210_784_205,
            9_973_669_472_204_895_162,
        ];
        assert_eq!(outputs, expected);
        // SplitMix64's own first outputs for seed 0.
        assert_eq!(Random::from_seed(0).state()[..2], [0xE220_A839_7B1D_CDAF, 0x6E78_9E6A_A1B9_65F4]);
    }

    #[test]
    fn one_sequence_over_reloads() {
        let random = Random::from_seed(7);
        let before = random.state();
        let draw = |random: &Random| {
            let mut context = plain_context();
            install(&mut context, random).unwrap();
            show(&mut context, "[Math.random(), Math.random()].join()")
        };
        let (first, second) = (draw(&random), draw(&random));
        assert_ne!(first, second);
        random.restore(before);
        assert_eq!((draw(&random), draw(&random)), (first.clone(), second));
        random.reseed(7);
        assert_eq!(draw(&random), first);
    }

    #[test]
    fn bytes_are_a_sequence_of_their_own() {
        let (random, other) = (Random::from_seed(7), Random::from_seed(7));
        let mut bytes = [0; 11];
        random.fill(&mut bytes);
        assert_eq!(random.next_u64(), other.next_u64());
        let mut same = [0; 11];
        other.fill(&mut same);
        assert_eq!(bytes, same);
        random.fill(&mut same);
        assert_ne!(bytes, same);
    }

    #[test]
    fn stays_in_range_and_looks_native() {
        let mut context = plain_context();
        install(&mut context, &Random::from_seed(1)).unwrap();
        let script =
            "for (var i = 0, ok = true; i < 1000; i++) { var x = Math.random(); ok = ok && x >= 0 && x < 1; } ok";
        check(&mut context, script, "true");
        check(&mut context, "String(Math.random) + Math.random.length", "function random() { [native code] }0");
        check(&mut context, "Object.keys(Math).length", "0");
    }
}
