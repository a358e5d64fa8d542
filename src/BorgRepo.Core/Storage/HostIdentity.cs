using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace BorgRepo.Core.Storage;

/// <summary>The name that borg gives this computer in its locks: <c>fqdn@node</c>.</summary>
/// <remarks>
/// <para>
/// The same text as borg's lets both clear away each other's locks after a crash. The node number is a guess by borg's
/// runtime, which asks the operating system in several ways in turn; this follows the one that answers on Linux. Where
/// the guesses differ, both take each other for another computer: safe, but locks left by a crash then need a person
/// (or <c>BORG_HOST_ID</c>, which both honour).
/// </para>
/// </remarks>
internal static class HostIdentity
{
    private const int AddressLength = 6;
    private const ulong LocallyAdministered = 1UL << 41;
    private const ulong Multicast = 1UL << 40;

    /// <summary>Finds it out; may ask a name server.</summary>
    public static string Derive() => string.Create(CultureInfo.InvariantCulture, $"{GetFullName()}@{GetNode() ?? MakeNode()}");

    /// <summary>The node number among network adapters; null if none has a hardware address.</summary>
    /// <param name="adapters">In the order of the operating system.</param>
    internal static ulong? ChooseNode(IEnumerable<(ulong Address, bool IsConfigured)> adapters)
    {
        // The system's UUID library looks at adapters with an IPv4 address only and takes the first; the ways after it
        // look at all and prefer an address that a manufacturer gave.
        ulong? universal = null;
        ulong? any = null;
        foreach ((ulong address, bool isConfigured) in adapters)
        {
            if (address == 0)
            {
                continue;
            }
            if (isConfigured)
            {
                return address;
            }
            any ??= address;
            if ((address & LocallyAdministered) == 0)
            {
                universal ??= address;
            }
        }
        return universal ?? any;
    }

    private static string GetFullName()
    {
        string name = Dns.GetHostName();
        try
        {
            // The canonical name of the resolver, as borg asks for it.
            string canonical = Dns.GetHostEntry(name).HostName;
            return canonical.Length > 0 ? canonical : name;
        }
        catch (SocketException)
        {
            return name;
        }
    }

    private static ulong? GetNode()
    {
        try
        {
            return ChooseNode(NetworkInterface.GetAllNetworkInterfaces().OrderBy(GetIndex).Select(a => (ToNumber(a.GetPhysicalAddress()), HasIPv4(a))));
        }
        catch (NetworkInformationException)
        {
            return null;
        }
    }

    private static int GetIndex(NetworkInterface adapter)
    {
        try
        {
            return adapter.GetIPProperties().GetIPv4Properties()?.Index ?? int.MaxValue;
        }
        catch (NetworkInformationException)
        {
            return int.MaxValue;
        }
    }

    private static bool HasIPv4(NetworkInterface adapter) =>
        adapter.GetIPProperties().UnicastAddresses.Any(a => a.Address.AddressFamily == AddressFamily.InterNetwork);

    private static ulong ToNumber(PhysicalAddress address)
    {
        byte[] bytes = address.GetAddressBytes();
        return bytes.Length == AddressLength ? bytes.Aggregate(0UL, (number, b) => (number << 8) | b) : 0;
    }

    // Random and marked as no address of an adapter, as borg's runtime does: equal to no other computer's.
    private static ulong MakeNode()
    {
        Span<byte> bytes = stackalloc byte[AddressLength];
        RandomNumberGenerator.Fill(bytes);
        ulong node = 0;
        foreach (byte b in bytes)
        {
            node = (node << 8) | b;
        }
        return node | Multicast;
    }
}
