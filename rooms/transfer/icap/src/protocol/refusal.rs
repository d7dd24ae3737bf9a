//! Why a request is not answered as its client hoped: a rule, and the status
//! that tells it (RFC 3507 §4.3.3).

/// The status of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The rest of the body is wanted.
    Continue,
    /// Here is the adapted message.
    Ok,
    /// The message may stay as it is.
    NoContent,
    /// Not a request that can be read in one way.
    BadRequest,
    /// No such service.
    NotFound,
    /// Not a method of this service.
    MethodNotAllowed,
    /// The request took too long.
    RequestTimeout,
    /// More than the limits allow (as RFC 9110 §15.5.14).
    TooLarge,
    /// The sections do not suit the method (as the ICAP extensions name it).
    BadComposition,
    /// Something broke here.
    ServerError,
    /// No such method in ICAP.
    NotImplemented,
    /// Too much to do.
    Overloaded,
    /// Not ICAP/1.0.
    Version,
}

impl Status {
    /// The number.
    #[must_use]
    pub const fn number(self) -> u16 {
        match self {
            Self::Continue => 100,
            Self::Ok => 200,
            Self::NoContent => 204,
            Self::BadRequest => 400,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::RequestTimeout => 408,
            Self::TooLarge => 413,
            Self::BadComposition => 418,
            Self::ServerError => 500,
            Self::NotImplemented => 501,
            Self::Overloaded => 503,
            Self::Version => 505,
        }
    }

    /// The words behind the number.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Continue => "Continue",
            Self::Ok => "OK",
            Self::NoContent => "No modifications needed",
            Self::BadRequest => "Bad request",
            Self::NotFound => "ICAP service not found",
            Self::MethodNotAllowed => "Method not allowed for service",
            Self::RequestTimeout => "Request timeout",
            Self::TooLarge => "Request too large",
            Self::BadComposition => "Bad composition",
            Self::ServerError => "Server error",
            Self::NotImplemented => "Method not implemented",
            Self::Overloaded => "Service overloaded",
            Self::Version => "ICAP version not supported by server",
        }
    }
}

/// A request that is refused, by the rule that spoke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A line feed without its carriage return, or the other way round.
    #[error("a line does not end in CR LF")]
    BareLineEnd,
    /// A NUL or another control character in a head.
    #[error("a control character stands in a head")]
    Control,
    /// The first line is not METHOD, address and version.
    #[error("the request line cannot be read")]
    RequestLine,
    /// Another version than ICAP/1.0.
    #[error("not ICAP/1.0")]
    Version,
    /// Not a method of RFC 3507.
    #[error("not a method of ICAP")]
    Method,
    /// Not an absolute ICAP address.
    #[error("the address is not icap://host/service")]
    Address,
    /// `Host` is missing or stands twice.
    #[error("the Host field is missing or stands twice")]
    Host,
    /// A field without a name, with white space about it, or folded.
    #[error("a header field cannot be read in one way")]
    Field,
    /// A field of the transport in the ICAP head: bodies are always chunked.
    #[error("Content-Length or Transfer-Encoding stands in the ICAP head")]
    Framing,
    /// A head is longer than its limit.
    #[error("a head is longer than the limit")]
    HeadTooLong,
    /// A head has more fields than its limit.
    #[error("a head has more fields than the limit")]
    TooManyFields,
    /// `Encapsulated` is missing, stands twice, or is not a list of sections.
    #[error("the Encapsulated field is missing, doubled or unreadable")]
    Encapsulated,
    /// An offset is not where its section begins.
    #[error("an offset of the Encapsulated field is wrong")]
    Offset,
    /// The sections do not suit the method.
    #[error("the sections do not suit the method")]
    Composition,
    /// An encapsulated HTTP head cannot be read in one way.
    #[error("an encapsulated HTTP head cannot be read in one way")]
    Http,
    /// Lengths in an encapsulated HTTP head contradict one another or the body.
    #[error("an encapsulated HTTP head and its body disagree on the length")]
    Length,
    /// `Preview` is not a number, or more than the limit.
    #[error("the Preview field is not a number within the limit")]
    Preview,
    /// More was sent ahead than `Preview` said.
    #[error("more was sent ahead than the Preview field says")]
    PreviewTooLong,
    /// A chunk's line cannot be read.
    #[error("a chunk cannot be read")]
    Chunk,
    /// A chunk's line or all extensions are longer than their limit.
    #[error("chunk extensions are longer than the limit")]
    ExtensionsTooLong,
    /// `ieof` outside a preview (RFC 3507 §4.5).
    #[error("ieof stands outside a preview")]
    EarlyEnd,
    /// Fields behind a body are longer than their limit.
    #[error("a trailer is longer than the limit")]
    TrailerTooLong,
    /// A body is longer than its limit.
    #[error("a body is longer than the limit")]
    BodyTooLong,
}

impl Refusal {
    /// The status that tells it.
    #[must_use]
    pub const fn status(self) -> Status {
        match self {
            Self::Version => Status::Version,
            Self::Method => Status::NotImplemented,
            Self::Composition => Status::BadComposition,
            Self::HeadTooLong
            | Self::TooManyFields
            | Self::ExtensionsTooLong
            | Self::TrailerTooLong
            | Self::BodyTooLong => Status::TooLarge,
            Self::BareLineEnd
            | Self::Control
            | Self::RequestLine
            | Self::Address
            | Self::Host
            | Self::Field
            | Self::Framing
            | Self::Encapsulated
            | Self::Offset
            | Self::Http
            | Self::Length
            | Self::Preview
            | Self::PreviewTooLong
            | Self::Chunk
            | Self::EarlyEnd => Status::BadRequest,
        }
    }
}
