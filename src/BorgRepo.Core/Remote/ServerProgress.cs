using System.Globalization;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Remote;

/// <summary>Tells clients that read JSON how far a long operation is: once for each percent, and when it is over.</summary>
internal sealed class ServerProgress(ServerLog log)
{
    private int _operation;
    private string? _activity;
    private long _lastPercent;

    /// <summary>Takes a step of an operation.</summary>
    public void Report(OperationProgress progress)
    {
        if (!log.UseJson || progress.TotalBytes <= 0)
        {
            return;
        }

        if (_activity != progress.Activity)
        {
            Finish();
            _activity = progress.Activity;
            _lastPercent = -1;
            _operation++;
        }

        double percent = Math.Clamp(100.0 * progress.DoneBytes / progress.TotalBytes, 0, 100);
        if ((long)percent == _lastPercent)
        {
            return;
        }

        _lastPercent = (long)percent;
        log.WriteJson(json =>
        {
            json.WriteString("type", "progress_percent");
            json.WriteNumber("operation", _operation);
            json.WriteString("msgid", progress.Activity);
            json.WriteBoolean("finished", false);
            json.WriteString("message", string.Create(CultureInfo.InvariantCulture, $"{progress.Activity} {percent:0.0}%"));
            json.WriteNumber("current", progress.DoneBytes);
            json.WriteNumber("total", progress.TotalBytes);
            json.WriteStartArray("info");
            json.WriteStringValue(progress.Detail);
            json.WriteEndArray();
        });
    }

    /// <summary>Ends the operation that was reported, if one was.</summary>
    public void Finish()
    {
        if (_activity is not { } activity)
        {
            return;
        }

        _activity = null;
        log.WriteJson(json =>
        {
            json.WriteString("type", "progress_percent");
            json.WriteNumber("operation", _operation);
            json.WriteString("msgid", activity);
            json.WriteBoolean("finished", true);
        });
    }
}
