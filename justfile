# Short names for daily work. `./test` is what CI runs.

# the quick half of ./test
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    cargo test --workspace

# write generated files
generate:
    cargo run -q -p xtask -- codes

# beside other tools
bench:
    cargo run --release -p bench -- peers

# the Debian package, in target/debian
package:
    packaging/debian/build
