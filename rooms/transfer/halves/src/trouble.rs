//! Why a connection between the halves broke, by what a person can do about it.

use std::io;

use rustls::{AlertDescription, CertificateError};

use crate::frame::FrameError;

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// No connection came about: look at address, cable, packet filter, and
    /// whether the outer half runs.
    #[error("cannot reach the outer half")]
    Unreachable(#[source] io::Error),
    /// A certificate has not begun: one of the two clocks is wrong.
    #[error("a certificate is not valid yet: compare the two clocks")]
    NotYetValid,
    /// A certificate is over, or a clock is ahead: compare the clocks, and
    /// enrol anew.
    #[error("a certificate has ended: compare the two clocks, or enrol the outer half anew")]
    Expired,
    /// The other end is not the one that was enrolled.
    #[error("the other end is not the one that was enrolled")]
    Stranger,
    /// TLS failed otherwise.
    #[error("TLS failed: {0}")]
    Tls(String),
    /// The other end speaks another version: bring both to the same.
    #[error("the other end speaks version {theirs} of the protocol")]
    Version {
        /// Which it speaks.
        theirs: u16,
    },
    /// The other end sent what is no frame.
    #[error("the other end sent {0}")]
    Frame(#[from] FrameError),
    /// The other end said something that does not follow here.
    #[error("the other end spoke out of turn: {0}")]
    OutOfTurn(&'static str),
    /// Nothing came in time.
    #[error("the other end fell silent")]
    Silent,
    /// A file came too slowly.
    #[error("a file came too slowly")]
    Slow,
    /// The connection was cut.
    #[error("the connection was cut")]
    Cut(#[source] io::Error),
    /// A newer connection took its place.
    #[error("a newer connection took its place")]
    Replaced,
    /// Our own side could not do its part; it is tried again.
    #[error("this side could not do its part")]
    Own(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Trouble {
    /// A word that screens have a sentence for.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "unreachable",
            Self::NotYetValid => "not-yet-valid",
            Self::Expired => "expired",
            Self::Stranger => "stranger",
            Self::Tls(_) => "tls",
            Self::Version { .. } => "version",
            Self::Frame(_) | Self::OutOfTurn(_) => "protocol",
            Self::Silent | Self::Slow => "silent",
            Self::Cut(_) | Self::Replaced => "cut",
            Self::Own(_) => "own",
        }
    }

    /// What an error of a TLS stream means. The other end's refusal of our
    /// certificate comes as an alert with the first bytes that are read.
    pub(crate) fn of(error: io::Error) -> Self {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        match inner {
            Some(rustls::Error::InvalidCertificate(why)) => match why {
                CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                    Self::NotYetValid
                }
                CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                    Self::Expired
                }
                _ => Self::Stranger,
            },
            Some(rustls::Error::AlertReceived(AlertDescription::CertificateExpired)) => {
                Self::Expired
            }
            Some(rustls::Error::AlertReceived(
                AlertDescription::UnknownCA
                | AlertDescription::BadCertificate
                | AlertDescription::CertificateUnknown
                | AlertDescription::CertificateRequired
                | AlertDescription::DecryptError
                | AlertDescription::AccessDenied,
            ))
            | Some(rustls::Error::NoCertificatesPresented) => Self::Stranger,
            Some(other) => Self::Tls(other.to_string()),
            None => Self::Cut(error),
        }
    }
}
