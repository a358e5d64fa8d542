using System.Globalization;
using System.Text;

namespace BorgRepo.Commands;

/// <summary>
/// Writes measurements in the text format that Prometheus reads (exposition format 0.0.4): for each metric one HELP and one
/// TYPE line, then a sample for each repository.
/// </summary>
internal static class PrometheusText
{
    private static readonly (string Name, string Help, Func<BorgHealth, double?> Value)[] s_metrics =
    [
        ("objects", "Current objects.", health => health.Objects),
        ("segments", "Segments of the log.", health => health.Segments),
        ("uncommitted_segments", "Segments of an interrupted transaction.", health => health.UncommittedSegments),
        ("commit_only_segments", "Segments that hold nothing but a COMMIT.", health => health.CommitOnlySegments),
        ("damaged_segments", "Segments whose headers do not read to the end.", health => health.DamagedSegments),
        ("segment_bytes", "Bytes of all segment files.", health => health.SegmentBytes),
        ("live_bytes", "Bytes of the entries of current objects.", health => health.LiveBytes),
        ("reclaimable_bytes", "Bytes that a compaction frees.", health => health.ReclaimableBytes),
        ("quota_bytes", "Storage quota, 0 for none.", health => health.StorageQuota),
        ("quota_use_bytes", "Bytes that count against the quota.", health => health.QuotaUse),
        ("volume_free_bytes", "Free bytes of the volume.", health => health.FreeVolumeBytes),
        ("transaction", "Number of the last transaction.", health => health.TransactionId),
        ("transaction_timestamp_seconds", "When the last transaction was written, as Unix time.", health => ToUnix(health.TransactionTime)),
        ("lock_holders", "Holders of locks.", health => health.LockHolders),
        ("warnings", "Warnings about the repository.", health => health.Warnings.Count),
        ("measured_timestamp_seconds", "When this was measured, as Unix time.", health => ToUnix(health.MeasuredAt)),
    ];

    /// <summary>The text for all repositories measured, lines ended by LF.</summary>
    public static string Write(IReadOnlyList<BorgHealth> measured)
    {
        StringBuilder text = new();
        foreach ((string name, string help, Func<BorgHealth, double?> value) in s_metrics)
        {
            string metric = "borgrepo_" + name;
            text.Append("# HELP ").Append(metric).Append(' ').Append(help).Append('\n');
            text.Append("# TYPE ").Append(metric).Append(" gauge\n");
            foreach (BorgHealth health in measured)
            {
                if (value(health) is { } number)
                {
                    text.Append(metric).Append("{repository=\"").Append(health.RepositoryId)
                        .Append("\",path=\"").Append(Escape(health.Path)).Append("\"} ")
                        .Append(number.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
                }
            }
        }

        return text.ToString();
    }

    private static string Escape(string label) => label
        .Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("\"", "\\\"", StringComparison.Ordinal)
        .Replace("\n", "\\n", StringComparison.Ordinal);

    private static double? ToUnix(DateTime? time) =>
        time is { } utc ? (utc - DateTime.UnixEpoch).TotalSeconds : null;
}
