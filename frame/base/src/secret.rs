//! Values that must not reach a log, a record or a screen.

use std::fmt;

use zeroize::Zeroize;

/// Holds a value that no formatting shows and that is wiped when dropped.
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Takes a value into hiding.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself. Name the reason where this is called.
    pub const fn reveal(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize + Clone> Clone for Secret<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_shown() {
        let secret = Secret::new("himitsu".to_owned());
        assert_eq!(format!("{secret:?}"), "Secret");
        assert_eq!(secret.reveal(), "himitsu");
    }
}
