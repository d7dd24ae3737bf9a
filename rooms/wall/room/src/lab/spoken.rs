//! The first words of each protocol, as the hosts of a lab say them: no more
//! than the guard needs to let an answer through.

use wall_guard::Rule;
use zones::site::Application;

/// What a client says before it has heard anything.
pub(super) fn asked(rule: &Rule) -> Vec<u8> {
    match rule.application {
        Application::Rdp => {
            // A connection request that asks for TLS (MS-RDPBCGR 2.2.1.1).
            b"\x03\x00\x00\x13\x0e\xe0\0\0\0\0\0\x01\0\x08\0\x01\0\0\0".to_vec()
        }
        Application::Tls | Application::Https => client_hello(rule.servers.first()),
        Application::Ssh => b"SSH-2.0-lab\r\n".to_vec(),
        Application::Vnc | Application::Ica | Application::Smtp => Vec::new(),
    }
}

/// What a server says: at once, or to the first words of a client.
pub(super) fn answered(rule: &Rule) -> Vec<u8> {
    match rule.application {
        Application::Rdp => b"\x03\x00\x00\x13\x0e\xd0\0\0\0\0\0\x02\0\x08\0\x01\0\0\0".to_vec(),
        Application::Vnc => b"RFB 003.008\n".to_vec(),
        Application::Ica => b"\x7f\x7fICA\0".to_vec(),
        Application::Tls | Application::Https => server_hello(),
        Application::Smtp => b"220 lab ESMTP\r\n".to_vec(),
        Application::Ssh => b"SSH-2.0-lab\r\n".to_vec(),
    }
}

/// A hello of TLS 1.3 (RFC 8446 4.1.2) that asks for a server.
fn client_hello(server: Option<&String>) -> Vec<u8> {
    let mut extensions = extension(43, &[2, 3, 4]);
    if let Some(name) = server {
        let entry = [&[0][..], &counted(name.as_bytes())].concat();
        extensions.extend(extension(0, &counted(&entry)));
    }
    // Version, random, no session, one suite, no compression.
    let mut body = [&[3, 3][..], &[7; 32], &[0, 0, 2, 0x13, 1, 1, 0]].concat();
    body.extend(counted(&extensions));
    record(1, &body)
}

/// The answer to it (RFC 8446 4.1.3).
fn server_hello() -> Vec<u8> {
    let mut body = [&[3, 3][..], &[9; 32], &[0, 0x13, 1, 0]].concat();
    body.extend(counted(&extension(43, &[3, 4])));
    record(2, &body)
}

fn record(kind: u8, body: &[u8]) -> Vec<u8> {
    let message = [&[kind, 0][..], &counted(body)].concat();
    [&[22, 3, 1][..], &counted(&message)].concat()
}

fn extension(kind: u16, body: &[u8]) -> Vec<u8> {
    [&kind.to_be_bytes()[..], &counted(body)].concat()
}

/// Bytes behind their length in two.
fn counted(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes();
    [&length[..], bytes].concat()
}
