using BorgRepo.Core.Storage;
using Xunit;

namespace BorgRepo.Core.Tests.Storage;

public sealed class HostIdentityTests
{
    private const ulong Local = 0x02fc00000001;
    private const ulong OtherLocal = 0x3ac6b52f2acf;
    private const ulong Universal = 0x001122334455;

    [Fact]
    public void The_first_adapter_with_an_address_of_the_network_gives_the_node() =>
        Assert.Equal(Local, HostIdentity.ChooseNode([(0, true), (OtherLocal, false), (Universal, false), (Local, true)]));

    [Fact]
    public void Without_one_a_manufacturers_number_is_preferred() =>
        Assert.Equal(Universal, HostIdentity.ChooseNode([(0, true), (OtherLocal, false), (Universal, false), (Local, false)]));

    [Fact]
    public void Without_that_any_number_will_do() =>
        Assert.Equal(OtherLocal, HostIdentity.ChooseNode([(0, true), (OtherLocal, false), (Local, false)]));

    [Fact]
    public void An_all_zero_number_is_none() => Assert.Null(HostIdentity.ChooseNode([(0, true)]));
}
