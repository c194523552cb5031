//! The headers of an archive. The numbers of sections are those of PKWARE APPNOTE 6.3.10.

use bytes::{BufMut as _, Bytes, BytesMut};
use jiff::{Timestamp, civil::date, tz::TimeZone};

use super::ArchivedFile;

/// "Version needed to extract": 4.5, the first with zip64.
const VERSION: u16 = 45;
/// General purpose bit 11: names are UTF-8.
const UTF8_NAMES: u16 = 1 << 11;
/// The value of a 32-bit field whose number is in the zip64 extra field.
const IN_ZIP64: u32 = u32::MAX;
/// The external attribute of MS-DOS for a folder (4.4.15).
const FOLDER: u32 = 1 << 4;
/// The id of the extra field with 64-bit numbers (4.5.3).
const ZIP64: u16 = 1;
/// The id of Info-ZIP's extra field with moments in seconds since 1970, and the flag that says which of them it has
/// (4.6.1; <https://libzip.org/specifications/extrafld.txt>).
const TIMESTAMP: u16 = 0x5455;
const CHANGED: u8 = 1;

/// The header in front of the bytes of a file (4.3.7).
pub(super) fn local_header(file: &ArchivedFile, name: &str) -> Bytes {
    let mut extra = BytesMut::new();
    if file.size_bytes >= IN_ZIP64.into() {
        put_extra(&mut extra, ZIP64, &[file.size_bytes.to_le_bytes(), file.size_bytes.to_le_bytes()].concat());
    }
    put_timestamp(&mut extra, file);

    let mut header = BytesMut::with_capacity(30 + name.len() + extra.len());
    header.put_u32_le(0x0403_4b50);
    put_shared(&mut header, file, name, extra.len());
    header.put_slice(name.as_bytes());
    header.put_slice(&extra);
    header.freeze()
}

/// The header of a file in the directory; its local header is at `offset` (4.3.12).
pub(super) fn central_header(file: &ArchivedFile, name: &str, offset: u64) -> Bytes {
    let mut large = Vec::new();
    if file.size_bytes >= IN_ZIP64.into() {
        large.extend([file.size_bytes.to_le_bytes(), file.size_bytes.to_le_bytes()].concat());
    }
    if offset >= IN_ZIP64.into() {
        large.extend(offset.to_le_bytes());
    }
    let mut extra = BytesMut::new();
    if !large.is_empty() {
        put_extra(&mut extra, ZIP64, &large);
    }
    put_timestamp(&mut extra, file);

    let mut header = BytesMut::with_capacity(46 + name.len() + extra.len());
    header.put_u32_le(0x0201_4b50);
    header.put_u16_le((3 << 8) | VERSION); // Made by: 3 is Unix, so the external attributes below are a Unix mode.
    put_shared(&mut header, file, name, extra.len());
    header.put_u16_le(0); // Length of the comment.
    header.put_u16_le(0); // Number of the disk.
    header.put_u16_le(0); // Internal attributes.
    header.put_u32_le(if file.is_folder { (0o040_755 << 16) | FOLDER } else { 0o100_644 << 16 });
    header.put_u32_le(field32(offset));
    header.put_slice(name.as_bytes());
    header.put_slice(&extra);
    header.freeze()
}

/// The fields that both headers of a file have in common.
fn put_shared(header: &mut BytesMut, file: &ArchivedFile, name: &str, extra_length: usize) {
    header.put_u16_le(VERSION);
    header.put_u16_le(UTF8_NAMES);
    header.put_u16_le(0); // Method 0, stored: most shared files are compressed already, and the length stays known.
    let (date, time) = date_and_time(file.modified_at_ms);
    header.put_u16_le(time);
    header.put_u16_le(date);
    header.put_u32_le(file.crc32);
    header.put_u32_le(field32(file.size_bytes));
    header.put_u32_le(field32(file.size_bytes));
    header.put_u16_le(field16(name.len() as u64));
    header.put_u16_le(field16(extra_length as u64));
}

/// Adds an extra field (4.5.1).
fn put_extra(extra: &mut BytesMut, id: u16, content: &[u8]) {
    extra.put_u16_le(id);
    extra.put_u16_le(field16(content.len() as u64));
    extra.put_slice(content);
}

/// Adds the moment at which the file was changed, in seconds since 1970, for as long as it fits into the field. The date and
/// the time of the format itself have no time zone and no odd seconds.
fn put_timestamp(extra: &mut BytesMut, file: &ArchivedFile) {
    if let Ok(seconds) = i32::try_from(file.modified_at_ms / 1000) {
        let [first, second, third, fourth] = seconds.to_le_bytes();
        put_extra(extra, TIMESTAMP, &[CHANGED, first, second, third, fourth]);
    }
}

/// A moment as the date and the time of the format, in UTC (4.4.6). They reach from 1980 to 2107; what is beyond becomes the
/// first or the last moment.
fn date_and_time(unix_ms: u64) -> (u16, u16) {
    let moment = i64::try_from(unix_ms).ok().and_then(|unix_ms| Timestamp::from_millisecond(unix_ms).ok()).unwrap_or(Timestamp::MAX);
    let moment = TimeZone::UTC.to_datetime(moment).clamp(date(1980, 1, 1).at(0, 0, 0, 0), date(2107, 12, 31).at(23, 59, 58, 0));
    let field = |number: i8| u16::try_from(number).expect("no part of a date is negative");
    let year = u16::try_from(moment.year() - 1980).expect("the year is 1980 or later");
    (
        (year << 9) | (field(moment.month()) << 5) | field(moment.day()),
        (field(moment.hour()) << 11) | (field(moment.minute()) << 5) | (field(moment.second()) / 2),
    )
}

/// What follows the directory, which has so many entries and bytes and begins at `start` (4.3.14 to 4.3.16).
pub(super) fn end_of_directory(entries: u64, size: u64, start: u64) -> Bytes {
    let mut end = BytesMut::with_capacity(98);
    if entries >= u16::MAX.into() || size >= IN_ZIP64.into() || start >= IN_ZIP64.into() {
        end.put_u32_le(0x0606_4b50);
        end.put_u64_le(44);
        end.put_u16_le((3 << 8) | VERSION);
        end.put_u16_le(VERSION);
        end.put_u32_le(0);
        end.put_u32_le(0);
        end.put_u64_le(entries);
        end.put_u64_le(entries);
        end.put_u64_le(size);
        end.put_u64_le(start);
        end.put_u32_le(0x0706_4b50);
        end.put_u32_le(0);
        end.put_u64_le(start + size);
        end.put_u32_le(1);
    }
    end.put_u32_le(0x0605_4b50);
    end.put_u16_le(0);
    end.put_u16_le(0);
    end.put_u16_le(field16(entries));
    end.put_u16_le(field16(entries));
    end.put_u32_le(field32(size));
    end.put_u32_le(field32(start));
    end.put_u16_le(0);
    end.freeze()
}

/// The value of a 32-bit field: the number, or [`IN_ZIP64`] if it is too large.
fn field32(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(IN_ZIP64)
}

fn field16(number: u64) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}
