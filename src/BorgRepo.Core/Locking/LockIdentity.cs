using System.Globalization;

namespace BorgRepo.Core.Locking;

/// <summary>Who holds a lock.</summary>
/// <param name="Host">Name of the computer, usually <c>fqdn@node</c>; compared as a whole, never taken apart.</param>
/// <param name="ProcessId">Process id on that computer.</param>
/// <param name="Thread">Always 0 in practice.</param>
public readonly record struct LockIdentity(string Host, int ProcessId, long Thread)
{
    /// <summary>Name of the file that marks this holder: <c>host.pid-thread</c>, the thread in hexadecimal.</summary>
    public string FileName => string.Create(CultureInfo.InvariantCulture, $"{Host}.{ProcessId}-{Thread:x}");

    /// <summary>Reads a file name. From the right: the host may contain dots and hyphens.</summary>
    public static bool TryParseFileName(string name, out LockIdentity identity)
    {
        ArgumentNullException.ThrowIfNull(name);
        identity = default;
        int hyphen = name.LastIndexOf('-');
        int dot = hyphen > 0 ? name.LastIndexOf('.', hyphen - 1) : -1;
        if (dot < 1
            || !int.TryParse(name.AsSpan(dot + 1, hyphen - dot - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int processId)
            || !long.TryParse(name.AsSpan(hyphen + 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long thread)
            || thread < 0)
        {
            return false;
        }
        identity = new LockIdentity(name[..dot], processId, thread);
        return true;
    }
}
