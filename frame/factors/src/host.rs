//! Host names: which are taken for passkeys and certificates.

/// RFC 1035 §2.3.4.
const HOST_BYTES_MAX: usize = 253;
const LABEL_BYTES_MAX: usize = 63;

/// Says whether a text is a host name in lower-case ASCII that is no address.
pub(crate) fn is_host(host: &str) -> bool {
    let is_label = |label: &str| {
        (1..=LABEL_BYTES_MAX).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
    };
    // A last label of digits makes an address of it (URL standard, host parser).
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_number = last.bytes().all(|byte| byte.is_ascii_digit());
    host.len() <= HOST_BYTES_MAX && !is_number && host.split('.').all(is_label)
}

/// Says whether a host name is another one or lies under it.
pub(crate) fn is_under(name: &str, host: &str) -> bool {
    name == host || name.strip_suffix(host).is_some_and(|left| left.ends_with('.'))
}
