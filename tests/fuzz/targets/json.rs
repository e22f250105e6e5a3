#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| integrator_fuzz::json::check(input));
