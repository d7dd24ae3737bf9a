//! Packages in an encrypted container, [MS-OFFCRYPTO] 2.3.4: which way they are
//! encrypted, and the package itself.

use sanitize_core::{Job, Stop};

use super::{agile, standard, unknown};
use crate::bytes::{index_at, u16_at};
use crate::package::{Package, broken};

/// Decrypts the package in `bytes`.
pub(crate) fn decrypt(bytes: &[u8], job: &mut Job<'_>) -> Result<Vec<u8>, Stop> {
    let container = Package::open(bytes, job)?;
    let info = container.stream("EncryptionInfo", job)?.ok_or_else(unknown)?;
    let stream = container.stream("EncryptedPackage", job)?;
    let stream = stream.filter(|stream| stream.len() >= 8);
    let mut stream = stream.ok_or_else(|| broken("EncryptedPackage"))?;
    // The size stands in 64 bits; more than 32 were never used.
    let size = index_at(&stream, 0);
    let mut package = stream.split_off(8);
    match (u16_at(&info, 0), u16_at(&info, 2)) {
        (4, 4) => agile::decrypt(info.get(8..).unwrap_or_default(), &mut package, job)?,
        (2..=4, 2) => standard::decrypt(&info, &mut package, job)?,
        _ => return Err(unknown()),
    }
    package.truncate(size);
    Ok(package)
}
