#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| diemcau_sfu::fuzzing::egress(data));
