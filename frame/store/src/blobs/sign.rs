//! AWS Signature Version 4, as far as one object or one listing needs it.
//! Takes the time; sends nothing.

use base::{Secret, Timestamp};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

/// Who signs, and for which region.
#[derive(Clone)]
pub(crate) struct Signer {
    pub(crate) region: String,
    pub(crate) key_id: String,
    pub(crate) key: Secret<String>,
}

/// What is signed. Path and query are already in their canonical form: what is
/// not unreserved is percent-encoded, and the query is sorted.
pub(crate) struct Signed<'a> {
    pub(crate) method: &'a str,
    pub(crate) host: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    /// SHA-256 of the request's body, in hexadecimal.
    pub(crate) body: &'a str,
}

/// The headers that carry the signature.
pub(crate) struct Signature {
    /// For `x-amz-date`.
    pub(crate) date: String,
    /// For `authorization`.
    pub(crate) authorization: String,
}

const HEADERS: &str = "host;x-amz-content-sha256;x-amz-date";

impl Signer {
    /// Signs one request.
    pub(crate) fn sign(&self, request: &Signed<'_>, now: Timestamp) -> Signature {
        let date = basic(now);
        let day = &date[..8];
        let Signed { method, host, path, query, body } = request;
        let canonical = format!(
            "{method}\n{path}\n{query}\nhost:{host}\nx-amz-content-sha256:{body}\nx-amz-date:{date}\n\n{HEADERS}\n{body}"
        );
        let scope = format!("{day}/{}/s3/aws4_request", self.region);
        let hash = crate::hex::write(&Sha256::digest(canonical));
        let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{hash}");
        let mut key = mac(format!("AWS4{}", self.key.reveal()).as_bytes(), day);
        for part in [self.region.as_str(), "s3", "aws4_request"] {
            key = mac(&key, part);
        }
        let signature = crate::hex::write(&mac(&key, &text));
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope},SignedHeaders={HEADERS},Signature={signature}",
            self.key_id
        );
        Signature { date, authorization }
    }
}

/// Percent-encodes a value of a query.
pub(crate) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// ISO 8601 in its basic form: `20130524T000000Z`.
fn basic(now: Timestamp) -> String {
    let text = now.to_string();
    let digits: String = text[..19].chars().filter(|letter| !"-:".contains(*letter)).collect();
    digits + "Z"
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of "Signature Calculations for the Authorization Header"
    /// in the reference of Amazon S3.
    fn signature(query: &str) -> String {
        let signer = Signer {
            region: "us-east-1".to_owned(),
            key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            key: Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned()),
        };
        let request = Signed {
            method: "GET",
            host: "examplebucket.s3.amazonaws.com",
            path: "/",
            query,
            body: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        };
        let now = Timestamp::parse("2013-05-24T00:00:00Z").unwrap();
        let signed = signer.sign(&request, now);
        assert_eq!(signed.date, "20130524T000000Z");
        signed.authorization.rsplit_once('=').unwrap().1.to_owned()
    }

    #[test]
    fn the_published_examples_come_out() {
        assert_eq!(
            signature("lifecycle="),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
        );
        assert_eq!(
            signature("max-keys=2&prefix=J"),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
        );
    }

    #[test]
    fn a_query_value_is_encoded_by_byte() {
        assert_eq!(encode("a/b c~あ"), "a%2Fb%20c~%E3%81%82");
    }
}
