using BorgRepo.Core.Locking;
using Xunit;

namespace BorgRepo.Core.Tests.Locking;

public sealed class LockIdentityTests
{
    [Theory]
    [InlineData("vm@3281355014145", 10908, 0, "vm@3281355014145.10908-0")]
    [InlineData("vm", 10074, 0, "vm.10074-0")]
    [InlineData("a-b.example.org@5", 7, 0xdeadbeef, "a-b.example.org@5.7-deadbeef")]
    public void A_file_name_is_host_dot_decimal_pid_hyphen_hexadecimal_thread(string host, int pid, long thread, string name)
    {
        LockIdentity identity = new(host, pid, thread);

        Assert.Equal(name, identity.FileName);
        Assert.True(LockIdentity.TryParseFileName(name, out LockIdentity parsed));
        Assert.Equal(identity, parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("host")]
    [InlineData("host.5")]
    [InlineData("host-0")]
    [InlineData("host.-0")]
    [InlineData("host.5-")]
    [InlineData(".5-0")]
    [InlineData("host.x-0")]
    [InlineData("host.5-g")]
    [InlineData("host.+5-0")]
    [InlineData("host. 5-0")]
    [InlineData("host.5 -0")]
    [InlineData("host.99999999999-0")]
    [InlineData("host.5-ffffffffffffffff")]
    public void Anything_else_is_no_holder(string name) => Assert.False(LockIdentity.TryParseFileName(name, out _));
}
