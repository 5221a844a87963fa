#![no_main]

// A panic inside str0m ends one connection and nothing else: only what gets
// out is a finding.
libfuzzer_sys::fuzz_target!(init: std::panic::set_hook(Box::new(|_| {})), |data: &[u8]| {
    diemcau_sfu::fuzzing::sfu(data);
});
