//! Test vectors of the Web Authentication specification (W3C, Level 3, §16),
//! for the relying party `example.org`: published values, copied as facts.
#![allow(clippy::unwrap_used, clippy::panic)]

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use factors::webauthn::{
    self, Assertion, AuthenticationResponse, Challenge, Credential, CredentialId, Known, PublicKey,
    RegistrationResponse, RelyingParty, UserVerification, WebauthnError,
};
use serde_json::json;

fn b64(hex: &str) -> String {
    let digit = |character: u8| char::from(character).to_digit(16).unwrap() as u8;
    let bytes: Vec<u8> =
        hex.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect();
    URL_SAFE_NO_PAD.encode(bytes)
}

fn party() -> RelyingParty {
    RelyingParty::new("example.org", "example", &["https://example.org"]).unwrap()
}

fn register(
    challenge: &str,
    id: &str,
    client_data: &str,
    object: &str,
) -> Result<Credential, WebauthnError> {
    let answer = json!({
        "id": b64(id), "rawId": b64(id), "type": "public-key",
        "response": { "clientDataJSON": b64(client_data), "attestationObject": b64(object) },
    });
    let answer = RegistrationResponse::parse(answer.to_string().as_bytes())?;
    let challenge = Challenge::parse(&b64(challenge)).unwrap();
    webauthn::register(&party(), &challenge, UserVerification::Preferred, &answer)
}

fn authenticate(
    stored: (&CredentialId, &PublicKey, bool),
    challenge: &str,
    data: &str,
    client_data: &str,
    signature: &str,
) -> Result<Assertion, WebauthnError> {
    let answer = json!({
        "id": stored.0.to_string(), "rawId": stored.0.to_string(), "type": "public-key",
        "response": {
            "clientDataJSON": b64(client_data),
            "authenticatorData": b64(data),
            "signature": b64(signature),
            "userHandle": null,
        },
    });
    let answer = AuthenticationResponse::parse(answer.to_string().as_bytes())?;
    let challenge = Challenge::parse(&b64(challenge)).unwrap();
    let known = Known {
        id: stored.0,
        public_key: stored.1,
        counter: 0,
        is_backup_eligible: stored.2,
        handle: "x",
    };
    webauthn::authenticate(&party(), &challenge, UserVerification::Preferred, known, &answer)
}

fn parts(credential: &Credential) -> (&CredentialId, &PublicKey, bool) {
    (&credential.id, &credential.public_key, credential.is_backup_eligible)
}

#[test]
fn section_16_2_es256_without_attestation() {
    let stored = register(
        "00c30fb78531c464d2b6771dab8d7b603c01162f2fa486bea70f283ae556e130",
        "f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4",
        "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a22414d4d507434557878475453746e63647134313759447742466938767049612d7077386f4f755657345441222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a20426b5165446a646354427258426941774a544c453551227d",
        "a363666d74646e6f6e656761747453746d74a068617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b559000000008446ccb9ab1db374750b2367ff6f3a1f0020f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4a5010203262001215820afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61225820930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220",
    )
    .unwrap();
    assert!(stored.is_backup_eligible && stored.is_backed_up && !stored.is_user_verified);
    let challenge = "39c0e7521417ba54d43e8dc95174f423dee9bf3cd804ff6d65c857c9abf4d408";
    let data = "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000";
    let client_data = "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224f63446e55685158756c5455506f334a5558543049393770767a7a59425039745a63685879617630314167222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d";
    let signature = "3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b93538174f575bf11a1dd5d78c6e486013f937295ea13653e331e87";
    assert!(authenticate(parts(&stored), challenge, data, client_data, signature).is_ok());
    let changed = signature.replace("f50a4e2e", "f50a4e2f");
    let refused = authenticate(parts(&stored), challenge, data, client_data, &changed);
    assert_eq!(refused.err(), Some(WebauthnError::Signature));
}

#[test]
fn section_16_3_es256_attested_by_itself() {
    let challenge = "7869c2b772d4b58eba9378cf8f29e26cf935aa77df0da89fa99c0bdc0a76f7e5";
    let id = "455ef34e2043a87db3d4afeb39bbcb6cc32df9347c789a865ecdca129cbef58c";
    let client_data = "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a2265476e4374334c55745936366b336a506a796e6962506b31716e666644616966715a774c33417032392d55222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a205539685458764b453255526b4d6e625f307859485667227d";
    let object = "a363666d74667061636b65646761747453746d74a263616c672663736967584630440220067a20754ab925005dbf378097c92120031581c73228d1fb4f5b881bcd7da98302207fc7b147558c7c0eba3af18bd9d121fa3d3a26d17fe3f220272178f473b6006d68617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b55d00000000df850e09db6afbdfab51697791506cfc0020455ef34e2043a87db3d4afeb39bbcb6cc32df9347c789a865ecdca129cbef58ca5010203262001215820eb151c8176b225cc651559fecf07af450fd85802046656b34c18f6cf193843c5225820927b8aa427a2be1b8834d233a2d34f61f13bfd44119c325d5896e183fee484f2";
    let stored = register(challenge, id, client_data, object).unwrap();
    assert!(stored.is_user_verified);
    let changed = object.replace("067a2075", "067a2076");
    assert_eq!(
        register(challenge, id, client_data, &changed).err(),
        Some(WebauthnError::Signature)
    );
    let signed_in = authenticate(
        parts(&stored),
        "4478a10b1352348dd160c1353b0d469b5db19eb91c27f7dfa6fed39fe26af20b",
        "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b50900000000",
        "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a225248696843784e534e493352594d45314f7731476d3132786e726b634a5f6666707637546e2d4a71386773222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a206754623533727a36456853576f6d58477a696d433151227d",
        "304402203310b9431903c401f1be2bdc8d23a4007682dbbddcf846994947b7f465daf84002204e94dd00047b316061b3b99772b7efd95994a83ef584b3b6b825ea3550251b66",
    );
    assert!(signed_in.is_ok());
}

#[test]
fn section_16_4_an_answer_from_inside_another_site_is_refused() {
    let refused = register(
        "3be5aacd03537142472340ab5969f240f1d87716e20b6807ac230655fa4b3b49",
        "6e1050c0d2ca2f07c755cb2c66a74c64fa43065c18f938354d9915db2bd5ce57",
        "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a224f2d57717a514e5463554a484930437257576e7951504859647862694332674872434d475666704c4f306b222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a747275652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a207a5a7175457444523944577170573574425754467567227d",
        "a363666d74646e6f6e656761747453746d74a068617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b54500000000883f4f6014f19c09d87aa38123be48d000206e1050c0d2ca2f07c755cb2c66a74c64fa43065c18f938354d9915db2bd5ce57a501020326200121582022200a473f90b11078851550d03b4e44a2279f8c4eca27b3153dedfe03e4e97d225820cbd0be95e746ad6f5a8191be11756e4c0420e72f65b466d39bc56b8b123a9c6e",
    );
    assert_eq!(refused.err(), Some(WebauthnError::CrossOrigin));
}
