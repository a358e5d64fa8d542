namespace BorgRepo.Core.Tests.Interop;

/// <summary>One process of real borg for all tests of a class, where starting one for each would take longer than the tests.</summary>
public sealed class SharedBorg : IDisposable
{
    private RealBorg? _borg;

    public void Dispose() => _borg?.Dispose();

    /// <summary>The process, with an empty log.</summary>
    internal RealBorg StartOrSkip()
    {
        // One that did not answer any more is of no use to the tests after it.
        if (_borg is null or { IsRunning: false })
        {
            _borg = RealBorg.StartOrSkip();
        }

        _borg.Log.Clear();
        return _borg;
    }
}
