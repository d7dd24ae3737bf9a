//! Writes `examples/files` anew.

use std::io;
use std::path::Path;

fn main() -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/files");
    std::fs::create_dir_all(&folder)?;
    for (name, bytes) in e2e::examples::files() {
        std::fs::write(folder.join(name), bytes)?;
        println!("{name}");
    }
    Ok(())
}
