//! The certificate as a configuration profile, the file that iPhones, iPads and Macs install
//! (<https://developer.apple.com/documentation/devicemanagement/certificateroot>).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};

/// The profile with this certificate, which is in DER.
pub(super) fn of(certificate: &[u8]) -> String {
    let sum = Sha256::digest(certificate);
    let (payload, profile) = (uuid(&sum[..16]), uuid(&sum[16..]));
    let content = STANDARD.encode(certificate);
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
<key>PayloadContent</key>
<array>
<dict>
<key>PayloadCertificateFileName</key><string>snapdrop-ca.crt</string>
<key>PayloadContent</key><data>{content}</data>
<key>PayloadDisplayName</key><string>SnapDrop</string>
<key>PayloadIdentifier</key><string>snapdrop.ca.{payload}</string>
<key>PayloadType</key><string>com.apple.security.root</string>
<key>PayloadUUID</key><string>{payload}</string>
<key>PayloadVersion</key><integer>1</integer>
</dict>
</array>
<key>PayloadDisplayName</key><string>SnapDrop</string>
<key>PayloadIdentifier</key><string>snapdrop.profile.{profile}</string>
<key>PayloadType</key><string>Configuration</string>
<key>PayloadUUID</key><string>{profile}</string>
<key>PayloadVersion</key><integer>1</integer>
</dict>
</plist>
"#
    )
}

/// Sixteen bytes in the form of a UUID of version 8, whose bits an application chooses (RFC 9562, section 5.8). The same
/// certificate has the same one each time, so that a profile which is installed again takes the place of the first.
fn uuid(bytes: &[u8]) -> String {
    let mut bytes = bytes.to_vec();
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_certificate_gives_the_same_profile_and_another_one_another() {
        let (one, other) = (of(b"one"), of(b"other"));
        assert_eq!(one, of(b"one"));
        assert!(one.contains("<data>b25l</data>") && other.contains("<data>b3RoZXI=</data>"));
        let identifier = |profile: &str| profile.split("PayloadUUID</key><string>").nth(1).unwrap()[..36].to_owned();
        assert_ne!(identifier(&one), identifier(&other));
        assert_eq!(&identifier(&one)[14..15], "8", "the version");
    }
}
